import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { ExpansionBudget } from "./expansion-budget.ts";

/**
 * The patterns of `${v#p}`, `${v%p}` and `${v/p/r}` (SPEC EX-07): `*` is any text and `?` any character, neither of them
 * a line feed; all else stands for itself. Matching is a left-to-right search for the pieces between the stars. A
 * backtracking expression would let a hostile pattern run for ages; this takes one pass, and a budget for the work catches
 * what remains (pieces that nearly match everywhere).
 */
export interface ShellPattern {
  /** The pieces between the stars; one piece means no star. */
  readonly pieces: readonly Piece[];
}
/** Characters to be met in order; null is any character but a line feed. */
type Piece = readonly (string | null)[];

/** Reads a pattern. A backslash may come before `*`, `?`, `\`, `}` and `/` only; throws EXPANSION_FAILED otherwise. */
export function compilePattern(text: string): ShellPattern {
  const pieces: (string | null)[][] = [[]];
  const chars = Array.from(text);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    const piece = pieces[pieces.length - 1]!;
    if (char === "*") pieces.push([]);
    else if (char === "?") piece.push(null);
    else if (char === "\\") piece.push(escaped(chars[++at], text));
    else piece.push(char);
  }
  return { pieces: pieces.filter((piece, i) => piece.length > 0 || i === 0 || i === pieces.length - 1) };
}

function escaped(char: string | undefined, pattern: string): string {
  if (char !== undefined && "*?\\}/".includes(char)) return char;
  throw new SlipwayError(
    "EXPANSION_FAILED",
    `invalid pattern (${pattern}) in substitution: invalid escape '\\${char ?? ""}'`,
    { hint: "in a pattern, a backslash goes in front of `*`, `?`, `\\`, `}` and `/` only" },
  );
}

/** A value, and the budget that looking for a pattern in it is charged to. */
export interface Searched {
  readonly value: string;
  readonly budget: ExpansionBudget;
}

/** Removes the shortest or longest start of the value that matches (SPEC EX-08). */
export function stripPrefix({ value, budget }: Searched, pattern: ShellPattern, longest: boolean): string {
  const chars = charactersOf(value, budget);
  const end = new Matcher(pattern, chars, { longest, budget }).endFrom(0);
  return end === undefined ? value : chars.slice(end).join("");
}

/** Removes the shortest or longest end of `value` that matches: a prefix of the reversed value (SPEC EX-08). */
export function stripSuffix({ value, budget }: Searched, pattern: ShellPattern, longest: boolean): string {
  const chars = charactersOf(value, budget).reverse();
  const reversed = { pieces: pattern.pieces.map((piece) => piece.toReversed()).reverse() };
  const end = new Matcher(reversed, chars, { longest, budget }).endFrom(0);
  return end === undefined ? value : chars.slice(end).reverse().join("");
}

/** Replaces the leftmost, longest match; `replacement` is taken literally (SPEC EX-09). */
export function replaceFirst(
  { value, budget }: Searched,
  pattern: ShellPattern,
  replacement: string,
): string {
  const chars = charactersOf(value, budget);
  const match = new Matcher(pattern, chars, { longest: true, budget }).find(0);
  if (!match) return value;
  return chars.slice(0, match.start).join("") + replacement + chars.slice(match.end).join("");
}

/**
 * Replaces every match from left to right. `replacement` is a template (SPEC EX-09): `$0` and `${0}` are the match, `$$`
 * is a dollar sign, any other `$name` is empty. An empty match right behind another match does not count.
 */
export function replaceAll({ value, budget }: Searched, pattern: ShellPattern, replacement: string): string {
  const chars = charactersOf(value, budget);
  const matcher = new Matcher(pattern, chars, { longest: true, budget });
  const out = new BoundedText();
  let copied = 0;
  let previousEnd = -1;
  for (let match = matcher.find(0); match; ) {
    const { start, end } = match;
    if (end > start || start !== previousEnd) {
      out.add(chars.slice(copied, start).join(""));
      out.add(fillTemplate(replacement, chars.slice(start, end).join("")));
      copied = end;
    }
    previousEnd = end;
    const next = end > start ? end : end + 1;
    match = next > chars.length ? undefined : matcher.find(next);
  }
  out.add(chars.slice(copied).join(""));
  return out.text;
}

/** Taking a value apart is work, too. */
function charactersOf(value: string, budget: ExpansionBudget): string[] {
  budget.work(value.length);
  return Array.from(value);
}

function fillTemplate(template: string, match: string): string {
  if (!template.includes("$")) return template;
  return template.replace(
    /\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu,
    (_, dollar, bare, braced) => {
      if (dollar) return "$";
      return /^0+$/.test(bare ?? braced) ? match : "";
    },
  );
}

/** Text that grows up to the size that a whole Dockerfile may have; throws EXPANSION_FAILED beyond. */
export class BoundedText {
  text = "";

  add(part: string): void {
    if (this.text.length + part.length > LIMITS.dockerfile)
      throw new SlipwayError("EXPANSION_FAILED", `the result is longer than ${LIMITS.dockerfile} characters`);
    this.text += part;
  }
}

class Matcher {
  readonly #pieces: readonly Piece[];
  readonly #chars: readonly string[];
  readonly #longest: boolean;
  readonly #budget: ExpansionBudget;

  constructor(
    pattern: ShellPattern,
    chars: readonly string[],
    { longest, budget }: { readonly longest: boolean; readonly budget: ExpansionBudget },
  ) {
    this.#pieces = pattern.pieces;
    this.#chars = chars;
    this.#longest = longest;
    this.#budget = budget;
  }

  /** Where a match that begins exactly at `start` ends. */
  endFrom(start: number): number | undefined {
    const last = this.#pieces.length - 1;
    let at = this.#pieceAt(this.#pieces[0]!, start);
    // The leftmost place for every piece but the last leaves the most room for what follows.
    for (let i = 1; at !== undefined && i <= last; i++)
      at =
        i === last && this.#longest
          ? this.#lastPiece(this.#pieces[i]!, at)
          : this.#nextPiece(this.#pieces[i]!, at);
    return at;
  }

  /** The leftmost match that begins at or after `from`. */
  find(from: number): { readonly start: number; readonly end: number } | undefined {
    for (let start = from; start <= this.#chars.length; start++) {
      const end = this.endFrom(start);
      if (end !== undefined) return { start, end };
      // Where the first piece fits but the rest does not, nothing that begins on this line can match.
      if (this.#pieces.length > 1 && this.#pieceAt(this.#pieces[0]!, start) !== undefined)
        start = this.#lineEnd(start);
    }
    return undefined;
  }

  #pieceAt(piece: Piece, start: number): number | undefined {
    let matched = 0;
    while (matched < piece.length && this.#fits(piece[matched]!, this.#chars[start + matched])) matched++;
    this.#budget.work(matched + 1);
    return matched === piece.length ? start + matched : undefined;
  }

  #fits(wanted: string | null, char: string | undefined): boolean {
    if (char === undefined) return false;
    return wanted === null ? char !== "\n" : char === wanted;
  }

  /** End of the first place of `piece` that a star from `from` can reach without crossing a line feed. */
  #nextPiece(piece: Piece, from: number): number | undefined {
    for (let start = from; ; start++) {
      const end = this.#pieceAt(piece, start);
      if (end !== undefined) return end;
      if (start >= this.#chars.length || this.#chars[start] === "\n") return undefined;
    }
  }

  /** The same for the last such place. */
  #lastPiece(piece: Piece, from: number): number | undefined {
    for (let start = this.#lineEnd(from); start >= from; start--) {
      const end = this.#pieceAt(piece, start);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #lineEnd(from: number): number {
    const feed = this.#chars.indexOf("\n", from);
    return feed < 0 ? this.#chars.length : feed;
  }
}
