import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import { comparePaths, decodeName, encodeName } from "./file-name.ts";

const LEAST = { bytes: 256, paths: 16 };
const SLASH = 0x2f;

/** Drawn anew by each process, so that nobody can choose names that all hash alike. */
const SEED = randomInt(0x1_0000_0000 - 1);
const FACTOR = 2 * randomInt(0x1000_0000, 0x4000_0000) + 1;

/**
 * Numbers paths in the order in which they are added. It keeps their bytes and some 16 more for each, about a quarter of what a Map
 * of strings takes.
 */
export class PathTable {
  #bytes = Buffer.allocUnsafe(LEAST.bytes);
  /** Where each path ends; the first place is before the first path. */
  #ends = new Uint32Array(LEAST.paths + 1);
  /** Number of a path plus one at the first free place from its hash on. */
  #slots = new Uint32Array(4 * LEAST.paths);
  #size = 0;
  /** Length and hash of the path that was written behind the last one, to be looked for. */
  #length = 0;
  #hash = 0;

  get size(): number {
    return this.#size;
  }

  /** The path's number; -1 where it was not added. */
  indexOf(path: string): number {
    this.#write(path);
    return this.#slots[this.#find()]! - 1;
  }

  /** The path's number, a new one where it had none. */
  add(path: string): number {
    this.#write(path);
    const slot = this.#find();
    const known = this.#slots[slot]!;
    if (known !== 0) return known - 1;
    const index = this.#size++;
    this.#slots[slot] = index + 1;
    if (index + 2 > this.#ends.length) this.#ends = larger(this.#ends);
    this.#ends[index + 1] = this.#ends[index]! + this.#length;
    if (4 * this.#size > 3 * this.#slots.length - 4) this.#rehash();
    return index;
  }

  pathAt(index: number): string {
    return decodeName(this.nameAt(index));
  }

  /** The path's bytes, valid until the next question. */
  nameAt(index: number): Buffer {
    return this.#bytes.subarray(this.#ends[index]!, this.#ends[index + 1]!);
  }

  /** How many bytes all paths have. */
  get nameBytes(): number {
    return this.#ends[this.#size]!;
  }

  /** `comparePaths` of the paths with these numbers: nearly all differ within their ASCII part. */
  compare(a: number, b: number): number {
    const bytes = this.#bytes;
    const [startA, startB] = [this.#ends[a]!, this.#ends[b]!];
    const [lengthA, lengthB] = [this.#ends[a + 1]! - startA, this.#ends[b + 1]! - startB];
    const shorter = Math.min(lengthA, lengthB);
    for (let i = 0; i < shorter; i++) {
      const x = bytes[startA + i]!;
      const y = bytes[startB + i]!;
      if (x === y) continue;
      if (x >= 0x80 || y >= 0x80) return comparePaths(this.pathAt(a), this.pathAt(b));
      return x === SLASH ? -1 : y === SLASH ? 1 : x - y;
    }
    return lengthA - lengthB;
  }

  #write(path: string): void {
    const at = this.#ends[this.#size]!;
    if (at + path.length > this.#bytes.length) this.#reserve(at + path.length);
    let hash = SEED;
    for (let i = 0; i < path.length; i++) {
      const code = path.charCodeAt(i);
      if (code >= 0x80) return this.#writeName(encodeName(path), at);
      this.#bytes[at + i] = code;
      hash = mix(hash, code);
    }
    this.#length = path.length;
    this.#hash = hash;
  }

  #writeName(name: Buffer, at: number): void {
    if (at + name.length > this.#bytes.length) this.#reserve(at + name.length);
    this.#bytes.set(name, at);
    this.#length = name.length;
    this.#hash = hashOf(name, 0, name.length);
  }

  /** The place of what was written, or the free one where it would be. */
  #find(): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash & mask; ; slot = (slot + 1) & mask) {
      const known = this.#slots[slot]!;
      if (known === 0 || this.#isWritten(known - 1)) return slot;
    }
  }

  /** Compares from behind: neighbours differ there. */
  #isWritten(index: number): boolean {
    const end = this.#ends[index + 1]!;
    if (end - this.#ends[index]! !== this.#length) return false;
    const end2 = this.#ends[this.#size]! + this.#length;
    for (let i = 1; i <= this.#length; i++) if (this.#bytes[end - i] !== this.#bytes[end2 - i]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = hashOf(this.#bytes, this.#ends[index]!, this.#ends[index + 1]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }

  #reserve(least: number): void {
    const larger = Buffer.allocUnsafe(Math.max(least, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#ends[this.#size]);
    this.#bytes = larger;
  }
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = SEED;
  for (let i = start; i < end; i++) hash = mix(hash, bytes[i]!);
  return hash;
}

function mix(hash: number, byte: number): number {
  const product = Math.imul(hash ^ byte, FACTOR);
  return product ^ (product >>> 15);
}

function larger(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(2 * array.length);
  result.set(array);
  return result;
}
