import { comparePaths, decodeName } from "../core/file-name.ts";
import { ByteReader, damaged } from "./toc-record.ts";

/** Entries that share one full path at their front; the others name only what differs from the one before. */
export const BLOCK_ENTRIES = 16;

const SLASH = 0x2f;

/** Steps through the paths of a table of contents without decoding records. */
export class TocCursor {
  /** Index of the entry it stands on. */
  index = -1;
  /** Where that entry's record begins. */
  record = 0;
  readonly #bytes: Buffer;
  readonly #count: number;
  readonly #blocks: number;
  #path = Buffer.allocUnsafe(256);
  #length = 0;
  #next = 0;

  /** `blocks` is the position of the table of block offsets. */
  constructor(bytes: Buffer, count: number, blocks: number) {
    this.#bytes = bytes;
    this.#count = count;
    this.#blocks = blocks;
  }

  /** Moves to entry `index`; false where there is none. */
  seek(index: number): boolean {
    if (index < 0 || index >= this.#count) return false;
    const block = Math.floor(index / BLOCK_ENTRIES);
    const first = block * BLOCK_ENTRIES;
    if (this.index < first || this.index > index) {
      this.index = first - 1;
      this.#next = this.#blockOffset(block);
    }
    while (this.index < index) this.next();
    return true;
  }

  /** Moves to the next entry; false after the last. */
  next(): boolean {
    if (this.index + 1 >= this.#count) return false;
    if (this.index < 0) this.#next = this.#blockOffset(0);
    const reader = new ByteReader(this.#bytes, this.#next);
    const shared = reader.varint();
    const suffix = reader.bytes(reader.varint());
    if (shared > this.#length) throw damaged();
    this.#append(shared, suffix);
    const size = reader.varint();
    this.record = reader.at;
    this.#next = reader.at + size;
    this.index++;
    return true;
  }

  path(): string {
    return decodeName(this.#path.subarray(0, this.#length));
  }

  /** Order of `path` against the entry it stands on. */
  compare(path: string): number {
    return comparePathToBytes(path, this.#path, 0, this.#length);
  }

  /** Index of the first entry that is not before `path`; the number of entries where all are. */
  lowerBound(path: string): number {
    let low = 0;
    let high = Math.ceil(this.#count / BLOCK_ENTRIES);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareBlock(path, middle) > 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    for (let i = (low - 1) * BLOCK_ENTRIES; ; i++) {
      if (!this.seek(i)) return this.#count;
      if (this.compare(path) <= 0) return i;
    }
  }

  #compareBlock(path: string, block: number): number {
    const reader = new ByteReader(this.#bytes, this.#blockOffset(block));
    if (reader.varint() !== 0) throw damaged();
    const length = reader.varint();
    reader.bytes(length);
    return comparePathToBytes(path, this.#bytes, reader.at - length, length);
  }

  #blockOffset(block: number): number {
    return this.#bytes.readUInt32LE(this.#blocks + 4 * block);
  }

  #append(shared: number, suffix: Buffer): void {
    if (shared + suffix.length > this.#path.length) {
      const larger = Buffer.allocUnsafe(2 * (shared + suffix.length));
      this.#path.copy(larger, 0, 0, shared);
      this.#path = larger;
    }
    this.#path.set(suffix, shared);
    this.#length = shared + suffix.length;
  }
}

/** `comparePaths` against an undecoded path: nearly all paths differ within their ASCII part. */
function comparePathToBytes(path: string, bytes: Buffer, start: number, length: number): number {
  const shorter = Math.min(path.length, length);
  for (let i = 0; i < shorter; i++) {
    const a = path.charCodeAt(i);
    const b = bytes[start + i]!;
    if (a >= 0x80 || b >= 0x80) return comparePaths(path, decodeName(bytes.subarray(start, start + length)));
    if (a !== b) return a === SLASH ? -1 : b === SLASH ? 1 : a - b;
  }
  return path.length - length;
}
