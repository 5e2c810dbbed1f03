import { LIMITS } from "../core/limits.ts";
import { type PaxRecord, paxInteger } from "./pax.ts";
import { invalidTar, parseNumber, TAR_BLOCK } from "./tar-header.ts";

/** A run of stored bytes within a sparse file; everything between the runs is zeros. */
export interface SparseRun {
  readonly offset: number;
  readonly length: number;
}

/** A sparse file: its full size, and its runs in ascending order without overlap. */
export interface SparseMap {
  readonly size: number;
  readonly runs: readonly SparseRun[];
}

/** Bounds the memory that a hostile map can take. */
const MOST_RUNS = 1_000_000;
const ZEROS = Buffer.alloc(256 * 1024);

/** Checks the order and bounds of a map. Throws `LAYER_INVALID`. `stored` is how many bytes the archive has for it. */
export function checkSparse(map: SparseMap, stored: number): SparseMap {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of map.runs) {
    if (offset < end || length < 0 || offset + length > map.size)
      throw invalidTar("a sparse map is out of order");
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw invalidTar("a sparse map does not fit its data");
  return map;
}

/** Old GNU format: four runs in the header, at byte 386; a flag at 482 tells whether more blocks follow. */
export function parseOldSparse(block: Buffer): {
  readonly runs: SparseRun[];
  readonly more: boolean;
  readonly size: number;
} {
  return {
    runs: readRuns(block, 386, 4),
    more: block[482] === 1,
    size: parseNumber(block.subarray(483, 495)),
  };
}

/** A further block of the old GNU format: 21 runs, and the flag at 504. */
export function parseSparseExtension(block: Buffer): { readonly runs: SparseRun[]; readonly more: boolean } {
  return { runs: readRuns(block, 0, 21), more: block[504] === 1 };
}

function readRuns(block: Buffer, start: number, most: number): SparseRun[] {
  const runs: SparseRun[] = [];
  for (let i = 0; i < most; i++) {
    const at = start + 24 * i;
    if (block[at] === 0) break;
    runs.push({
      offset: parseNumber(block.subarray(at, at + 12)),
      length: parseNumber(block.subarray(at + 12, at + 24)),
    });
  }
  return runs;
}

/** PAX formats 0.0 (repeated offset and numbytes) and 0.1 (one list); undefined where the records describe neither. */
export function parsePaxSparse(records: readonly PaxRecord[]): SparseMap | undefined {
  const size = records.findLast(([key]) => key === "GNU.sparse.size");
  if (!size) return undefined;
  const map = records.findLast(([key]) => key === "GNU.sparse.map");
  const numbers = map
    ? map[1].length === 0
      ? []
      : map[1]
          .toString("latin1")
          .split(",")
          .map((text) => paxInteger(Buffer.from(text)))
    : records
        .filter(([key]) => key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes")
        .map(([, value]) => paxInteger(value));
  return { size: paxInteger(size[1]), runs: pairs(numbers) };
}

/** Collects the map of PAX format 1.0, which stands in blocks before the file's data: a count, then pairs, one number a line. */
export class SparseMapReader {
  readonly #blocks: Buffer[] = [];
  #lines = 0;
  #wanted: number | undefined;

  /** Takes one block; gives the runs once the map is complete. Throws `LAYER_INVALID`. */
  push(block: Buffer): SparseRun[] | undefined {
    this.#blocks.push(Buffer.from(block));
    if (this.#blocks.length * TAR_BLOCK > LIMITS.tarMetadata) throw invalidTar("a sparse map is too long");
    for (let at = block.indexOf(0x0a); at >= 0; at = block.indexOf(0x0a, at + 1)) this.#lines++;
    this.#wanted ??= 1 + 2 * countOf(block);
    if (this.#lines < this.#wanted) return undefined;
    const lines = Buffer.concat(this.#blocks).toString("latin1").split("\n");
    return pairs(lines.slice(1, this.#wanted).map((line) => paxInteger(Buffer.from(line))));
  }
}

function countOf(block: Buffer): number {
  const count = paxInteger(block.subarray(0, Math.max(block.indexOf(0x0a), 0)));
  if (count < 0 || count > MOST_RUNS) throw invalidTar("a sparse map is too long");
  return count;
}

/** Receives a sparse file from its beginning to its end. */
export interface SparseTarget {
  data(chunk: Buffer, isHole: boolean): void;
  hole?(length: number): void;
}

/** Turns the stored bytes of a sparse file into the full file: what is stored, and zeros between. */
export class SparseFeed {
  readonly #map: SparseMap;
  readonly #target: SparseTarget;
  #run = 0;
  #at = 0;

  constructor(map: SparseMap, target: SparseTarget) {
    this.#map = map;
    this.#target = target;
  }

  push(stored: Buffer): void {
    let rest = stored;
    while (rest.length > 0) {
      const run = this.#map.runs[this.#run]!;
      this.#zerosTo(run.offset);
      const part = rest.subarray(0, run.offset + run.length - this.#at);
      if (part.length > 0) this.#target.data(part, false);
      this.#at += part.length;
      rest = rest.subarray(part.length);
      if (this.#at === run.offset + run.length) this.#run++;
    }
  }

  end(): void {
    this.#zerosTo(this.#map.size);
  }

  #zerosTo(offset: number): void {
    if (this.#target.hole && offset > this.#at) {
      this.#target.hole(offset - this.#at);
      this.#at = offset;
    }
    while (this.#at < offset) {
      const length = Math.min(offset - this.#at, ZEROS.length);
      this.#target.data(ZEROS.subarray(0, length), true);
      this.#at += length;
    }
  }
}

function pairs(numbers: readonly number[]): SparseRun[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MOST_RUNS)
    throw invalidTar("a sparse map is incomplete");
  const runs: SparseRun[] = [];
  for (let i = 0; i < numbers.length; i += 2) runs.push({ offset: numbers[i]!, length: numbers[i + 1]! });
  return runs;
}
