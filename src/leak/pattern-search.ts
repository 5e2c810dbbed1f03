import { endOfPattern, headsOf, longestOf, type Pattern, SHORTEST_LINE } from "./pattern.ts";
import { PatternStarts } from "./pattern-starts.ts";

/** A pattern at a place. */
export interface Match {
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
}

const TABLE = 1 << 16;
const BLOCK = 3;
const LONGEST_WINDOW = 64;

/**
 * Finds any of many patterns in one pass (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): most bytes are never
 * looked at, and the number of patterns hardly counts. No pattern may be shorter than 3 bytes. Where one may have line breaks, the
 * window is no longer than a line, so that it has one of them at most.
 */
export class PatternSearch {
  /** The most bytes that a match takes up. */
  readonly longest: number;
  readonly #patterns: readonly Pattern[];
  readonly #starts: PatternStarts;
  readonly #window: number;
  /** How far the window may move on, by the hash of its last block. */
  readonly #shifts: Uint8Array;
  readonly #candidates = new Map<number, number[]>();

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    this.longest = patterns.reduce((most, pattern) => Math.max(most, longestOf(pattern)), 0);
    const most = patterns.some(({ wrapped }) => wrapped) ? SHORTEST_LINE : LONGEST_WINDOW;
    this.#window = patterns.reduce((least, { bytes }) => Math.min(least, bytes.length), most);
    this.#shifts = new Uint8Array(TABLE).fill(this.#window - BLOCK + 1);
    for (const [i, pattern] of patterns.entries()) this.#enter(i, pattern);
    this.#starts = new PatternStarts(patterns);
  }

  /** The first match that begins at `from` or later, the longest where several begin there. */
  next(bytes: Uint8Array, from = 0): Match | undefined {
    const shifts = this.#shifts;
    const window = this.#window;
    let at = from + window - 1;
    while (at < bytes.length) {
      const hash = hashOf(bytes[at - 2]!, bytes[at - 1]!, bytes[at]!);
      const shift = shifts[hash]!;
      if (shift > 0) {
        at += shift;
        continue;
      }
      const found = this.#matchAt(bytes, at - window + 1, hash);
      if (found) return found;
      at += 1;
    }
    return undefined;
  }

  /** The longest end of `bytes` that a pattern may begin with: what must be kept until more is known. */
  openEnd(bytes: Uint8Array): number {
    const longest = Math.min(bytes.length, this.longest - 1);
    for (let start = bytes.length - longest; start < bytes.length; start++)
      for (const index of this.#starts.at(bytes, start))
        if (endOfPattern(this.#patterns[index]!, bytes, start) === "open") return bytes.length - start;
    return 0;
  }

  #enter(index: number, pattern: Pattern): void {
    const last = this.#window - 1;
    for (const head of headsOf(pattern, this.#window))
      for (let end = BLOCK - 1; end <= last; end++) {
        const hash = hashOf(head[end - 2]!, head[end - 1]!, head[end]!);
        this.#shifts[hash] = Math.min(this.#shifts[hash]!, last - end);
        if (end === last) this.#addCandidate(hash, index);
      }
  }

  #addCandidate(hash: number, index: number): void {
    const known = this.#candidates.get(hash);
    if (!known) this.#candidates.set(hash, [index]);
    else if (known.at(-1) !== index) known.push(index);
  }

  #matchAt(bytes: Uint8Array, start: number, hash: number): Match | undefined {
    let best: Match | undefined;
    for (const index of this.#candidates.get(hash) ?? []) {
      const end = endOfPattern(this.#patterns[index]!, bytes, start);
      if (typeof end === "number" && end > (best?.end ?? start)) best = { pattern: index, start, end };
    }
    return best;
  }
}

function hashOf(a: number, b: number, c: number): number {
  return ((a << 10) ^ (b << 5) ^ c) & (TABLE - 1);
}
