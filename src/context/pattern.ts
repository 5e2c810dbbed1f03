import { posix } from "node:path";
import { GlobAutomaton } from "./glob-automaton.ts";
import { tokenizeGlob } from "./glob-tokens.ts";

/** One compiled line of the ignore file language (SPEC DI-06), without its `!`. Paths are relative and `/`-separated. */
export interface Pattern {
  /** Tells whether this very path matches; what lies above it is not looked at. */
  matches(path: string): boolean;
  /** Tells whether something below this directory could match; used to leave out whole folders. */
  mayMatchBelow(directory: string): boolean;
}

/** Compiles a pattern; undefined where its syntax is bad (SPEC DI-05). */
export function compilePattern(pattern: string): Pattern | undefined {
  const tokens = tokenizeGlob(pattern, true);
  if (!tokens) return undefined;
  if (tokens.every((token) => token.kind === "char")) {
    const text = tokens.map((token) => (token.kind === "char" ? token.char : "")).join("");
    return {
      matches: (path) => path === text,
      mayMatchBelow: (directory) => text.startsWith(`${directory}/`),
    };
  }
  const automaton = new GlobAutomaton(tokens);
  return {
    matches: (path) => automaton.matches(path),
    mayMatchBelow: (directory) => automaton.couldContinue(`${directory}/`),
  };
}

/** Shortens a path lexically as Go's `filepath.Clean` does: no `.`, no doubled or closing slash, `..` resolved; never empty. */
export function cleanPattern(text: string): string {
  const normal = posix.normalize(text);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}
