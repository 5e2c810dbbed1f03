import { SlipwayError } from "../core/errors.ts";
import { GlobAutomaton } from "./glob-automaton.ts";
import { tokenizeGlob } from "./glob-tokens.ts";
import { cleanPattern, compilePattern } from "./pattern.ts";

/** Tells whether a source of COPY or ADD is a wildcard: an unescaped `*`, `?` or `[` (SPEC CP-11). */
export function hasWildcard(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if ("*?[".includes(text[at]!)) return true;
  }
  return false;
}

/**
 * Compiles one path component of a COPY source (SPEC CP-11): `*`, `?`, `[a-z]`, `[^a]` and backslash, matched against one
 * name. `**` is the same as `*`, and hidden files match. Throws `INSTRUCTION_INVALID` where the syntax is bad.
 */
export function compileGlob(component: string): (name: string) => boolean {
  const tokens = tokenizeGlob(component, false);
  if (!tokens) throw badSyntax(component);
  const automaton = new GlobAutomaton(tokens);
  return (name) => automaton.matches(name);
}

export interface ParentsGlob {
  /** Tells whether this very path, relative to the pivot, matches. */
  (path: string): boolean;
  /** Tells whether something below this directory could match. */
  mayMatchBelow(directory: string): boolean;
}

/** Compiles what follows the pivot of a `COPY --parents` source, where `**` stands for any number of directories (SPEC CP-17). */
export function compileParentsGlob(pattern: string): ParentsGlob {
  const compiled = compilePattern(cleanPattern(pattern).replace(/^\//, ""));
  if (!compiled) throw badSyntax(pattern);
  return Object.assign((path: string) => compiled.matches(path), {
    mayMatchBelow: (directory: string) => directory === "" || compiled.mayMatchBelow(directory),
  });
}

function badSyntax(pattern: string): SlipwayError {
  return new SlipwayError("INSTRUCTION_INVALID", `syntax error in pattern ${JSON.stringify(pattern)}`, {
    hint: "close every `[`, and write `[[]` or `\\[` for the bracket itself",
  });
}
