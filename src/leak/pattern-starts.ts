import { CR, LF, type Pattern } from "./pattern.ts";

const NONE: readonly number[] = [];

/** The patterns that may begin at a place, by the first two bytes there: of all but a few places it is known at once that there are none. */
export class PatternStarts {
  readonly #byFirst = new Map<number, number[]>();
  readonly #byPair = new Map<number, number[]>();

  constructor(patterns: readonly Pattern[]) {
    for (const [index, { bytes, wrapped }] of patterns.entries()) {
      const first = bytes[0]!;
      enter(this.#byFirst, first, index);
      for (const second of new Set(wrapped ? [bytes[1]!, LF, CR] : [bytes[1]!]))
        enter(this.#byPair, pairOf(first, second), index);
    }
  }

  /** Indexes of patterns; others are surely not there. */
  at(bytes: Uint8Array, start: number): readonly number[] {
    const first = bytes[start]!;
    if (start + 1 >= bytes.length) return this.#byFirst.get(first) ?? NONE;
    return this.#byPair.get(pairOf(first, bytes[start + 1]!)) ?? NONE;
  }
}

function pairOf(first: number, second: number): number {
  return (first << 8) | second;
}

function enter(map: Map<number, number[]>, key: number, index: number): void {
  const known = map.get(key);
  if (known) known.push(index);
  else map.set(key, [index]);
}
