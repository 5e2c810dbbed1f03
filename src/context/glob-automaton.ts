import type { GlobToken } from "./glob-tokens.ts";

/**
 * Matches text against tokens by following every possible position at once, so the time is bounded by length of text times
 * length of pattern whatever the pattern is: no pattern of a hostile ignore file can make a build hang.
 */
export class GlobAutomaton {
  readonly #tokens: readonly GlobToken[];
  readonly #prefix: string;
  readonly #suffix: string;
  /** For each position the generation (one per character) in which it was last reached. */
  readonly #seen: Float64Array;
  #generation = 1;

  constructor(tokens: readonly GlobToken[]) {
    this.#tokens = tokens;
    this.#seen = new Float64Array(tokens.length + 1);
    const wild = tokens.findIndex((token) => token.kind !== "char");
    this.#prefix = literal(wild < 0 ? tokens : tokens.slice(0, wild));
    this.#suffix = literal(tokens.slice(tokens.findLastIndex((token) => token.kind !== "char") + 1));
  }

  /** Tells whether the whole text matches. */
  matches(text: string): boolean {
    if (!text.startsWith(this.#prefix) || !text.endsWith(this.#suffix)) return false;
    return this.#run(text).includes(this.#tokens.length);
  }

  /** Tells whether some longer text that begins with `start` could match. */
  couldContinue(start: string): boolean {
    const common = Math.min(start.length, this.#prefix.length);
    if (start.slice(0, common) !== this.#prefix.slice(0, common)) return false;
    return this.#run(start).some((position) => position < this.#tokens.length);
  }

  #run(text: string): readonly number[] {
    let here: number[] = [];
    let next: number[] = [];
    this.#reach(0, here);
    for (const char of text) {
      this.#generation += 1;
      for (const position of here) this.#step(position, char, next);
      if (next.length === 0) return next;
      [here, next] = [next, here];
      next.length = 0;
    }
    this.#generation += 1;
    return here;
  }

  /** Notes a position of this generation once; those behind something that may be empty are reached with it. */
  #reach(position: number, positions: number[]): void {
    if (this.#seen[position] === this.#generation) return;
    this.#seen[position] = this.#generation;
    positions.push(position);
    const kind = this.#tokens[position]?.kind;
    if (kind === "star" || kind === "tail") this.#reach(position + 1, positions);
    if (kind === "dirs") {
      this.#reach(position + 1, positions);
      this.#reach(position + 2, positions);
    }
  }

  #step(position: number, char: string, next: number[]): void {
    const token = this.#tokens[position];
    switch (token?.kind) {
      case undefined:
      case "dirs":
        return;
      case "dirsBody":
        this.#reach(position, next);
        if (char === "/") this.#reach(position + 1, next);
        return;
      case "star":
        if (char !== "/") this.#reach(position, next);
        return;
      case "tail":
        this.#reach(position, next);
        return;
      default:
        if (consumes(token!, char)) this.#reach(position + 1, next);
    }
  }
}

/** Tells whether a token of one character takes this one. */
function consumes(token: GlobToken, char: string): boolean {
  if (token.kind === "char") return token.char === char;
  if (token.kind === "any") return char !== "/";
  if (token.kind !== "class") return false;
  const code = char.codePointAt(0)!;
  return token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated;
}

function literal(tokens: readonly GlobToken[]): string {
  return tokens.map((token) => (token.kind === "char" ? token.char : "")).join("");
}
