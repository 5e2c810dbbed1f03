/** A pattern at a place. */
export interface Match {
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
}

const TABLE = 1 << 16;
const BLOCK = 3;

/**
 * Finds any of many patterns in one pass (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): most bytes are never
 * looked at, and the number of patterns hardly counts. No pattern may be shorter than 3 bytes.
 */
export class PatternSearch {
  readonly longest: number;
  readonly #patterns: readonly Buffer[];
  readonly #window: number;
  /** How far the window may move on, by the hash of its last block. */
  readonly #shifts: Uint8Array;
  readonly #candidates = new Map<number, number[]>();

  constructor(patterns: readonly Buffer[]) {
    this.#patterns = patterns;
    this.longest = Math.max(0, ...patterns.map(({ length }) => length));
    this.#window = Math.min(64, ...patterns.map(({ length }) => length));
    this.#shifts = new Uint8Array(TABLE).fill(this.#window - BLOCK + 1);
    for (const [i, pattern] of patterns.entries()) this.#enter(i, pattern);
  }

  /** The first match that ends after `from`, the longest where several begin there. */
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
      if (this.#mayBegin(bytes, start)) return bytes.length - start;
    return 0;
  }

  #mayBegin(bytes: Uint8Array, start: number): boolean {
    const rest = bytes.length - start;
    return this.#patterns.some(
      (pattern) =>
        rest < pattern.length &&
        pattern[0] === bytes[start] &&
        pattern.compare(bytes, start, bytes.length, 0, rest) === 0,
    );
  }

  #enter(index: number, pattern: Buffer): void {
    const window = this.#window;
    for (let end = BLOCK - 1; end < window; end++) {
      const hash = hashOf(pattern[end - 2]!, pattern[end - 1]!, pattern[end]!);
      this.#shifts[hash] = Math.min(this.#shifts[hash]!, window - 1 - end);
      if (end < window - 1) continue;
      const known = this.#candidates.get(hash);
      if (known) known.push(index);
      else this.#candidates.set(hash, [index]);
    }
  }

  #matchAt(bytes: Uint8Array, start: number, hash: number): Match | undefined {
    let best: Match | undefined;
    for (const index of this.#candidates.get(hash) ?? []) {
      const pattern = this.#patterns[index]!;
      const end = start + pattern.length;
      if (end > bytes.length || (best && end <= best.end)) continue;
      if (pattern.compare(bytes, start, end) === 0) best = { pattern: index, start, end };
    }
    return best;
  }
}

function hashOf(a: number, b: number, c: number): number {
  return ((a << 10) ^ (b << 5) ^ c) & (TABLE - 1);
}
