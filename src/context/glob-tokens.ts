/**
 * One element of a glob, in the terms of a small automaton. `dirs` (two stars and a slash) is nothing, or any text that ends
 * in a slash; its `dirsBody` always follows it. `tail` is any text, slashes included.
 */
export type GlobToken =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly ClassRange[] }
  | { readonly kind: "any" | "star" | "dirs" | "dirsBody" | "tail" };

/** First and last code point, both included. */
export type ClassRange = readonly [low: number, high: number];

/**
 * Splits a pattern into tokens; undefined where its syntax is bad (an unclosed or empty class, a lone `-` in a class, a
 * backslash at the end), which are the cases that Go's `filepath.Match` refuses (SPEC DI-05). With `deep`, `**` has the
 * meaning it has in ignore files (SPEC DI-06); without, it is the same as `*`.
 */
export function tokenizeGlob(pattern: string, deep: boolean): readonly GlobToken[] | undefined {
  const chars = Array.from(pattern);
  const tokens: GlobToken[] = [];
  for (let at = 0; at < chars.length; ) {
    const char = chars[at]!;
    if (char === "*") {
      at = deep && chars[at + 1] === "*" ? readDoubleStar(chars, at, tokens) : readStar(at, tokens);
    } else if (char === "?") {
      tokens.push({ kind: "any" });
      at += 1;
    } else if (char === "[") {
      const end = readClass(chars, at + 1, tokens);
      if (end === undefined) return undefined;
      at = end;
    } else if (char === "\\") {
      if (at + 1 >= chars.length) return undefined;
      tokens.push({ kind: "char", char: chars[at + 1]! });
      at += 2;
    } else {
      tokens.push({ kind: "char", char });
      at += 1;
    }
  }
  return tokens;
}

function readStar(at: number, tokens: GlobToken[]): number {
  if (tokens.at(-1)?.kind !== "star") tokens.push({ kind: "star" });
  return at + 1;
}

/** `**` at the end is any tail; `**x` in front of plain text matches any path that ends in it; elsewhere whole components. */
function readDoubleStar(chars: readonly string[], at: number, tokens: GlobToken[]): number {
  const slash = chars[at + 2] === "/";
  const next = at + (slash ? 3 : 2);
  if (next >= chars.length || (at === 0 && !slash && isPlain(chars, next))) tokens.push({ kind: "tail" });
  else if (tokens.at(-1)?.kind !== "dirsBody") tokens.push({ kind: "dirs" }, { kind: "dirsBody" });
  return next;
}

function isPlain(chars: readonly string[], from: number): boolean {
  return chars.slice(from).every((char) => !"*?[]\\".includes(char));
}

function readClass(chars: readonly string[], start: number, tokens: GlobToken[]): number | undefined {
  const negated = chars[start] === "^";
  const ranges: ClassRange[] = [];
  let at = negated ? start + 1 : start;
  while (chars[at] !== "]" || ranges.length === 0) {
    const low = readClassChar(chars, at);
    if (!low) return undefined;
    at = low.next;
    let high = low;
    if (chars[at] === "-") {
      const end = readClassChar(chars, at + 1);
      if (!end) return undefined;
      high = end;
      at = end.next;
    }
    ranges.push([low.code, high.code]);
  }
  tokens.push({ kind: "class", negated, ranges });
  return at + 1;
}

/** A class needs something after every member: at the least its closing bracket. */
function readClassChar(chars: readonly string[], at: number): { code: number; next: number } | undefined {
  const char = chars[at];
  if (char === undefined || char === "-" || char === "]") return undefined;
  const escaped = char === "\\";
  const code = (escaped ? chars[at + 1] : char)?.codePointAt(0);
  const next = at + (escaped ? 2 : 1);
  return code === undefined || next >= chars.length ? undefined : { code, next };
}
