import { crc32 } from "node:zlib";
import { decodeName, encodeName } from "../core/file-name.ts";

/** What the system says about a file; two equal ones, old enough, mean equal bytes (see StatIndex). Times in nanoseconds. */
export interface FileStat {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  /** Type and permission bits, as `st_mode` has them. */
  readonly mode: number;
}

export const STAMP_BYTES = 36;
const DIGEST_BYTES = 32;

const MAGIC = Buffer.from("SLIPSTA1", "latin1");
const HEADER_BYTES = MAGIC.length + 4;
const BODY_BYTES = STAMP_BYTES + DIGEST_BYTES;
const FIXED_BYTES = 1 + BODY_BYTES + 4;

/** The facts of a stat as bytes that can be compared. */
export function writeStamp(stat: FileStat, target: Buffer, offset = 0): void {
  target.writeDoubleLE(stat.size, offset);
  target.writeBigInt64LE(stat.mtimeNs, offset + 8);
  target.writeBigInt64LE(stat.ctimeNs, offset + 16);
  target.writeBigUInt64LE(BigInt.asUintN(64, stat.ino), offset + 24);
  target.writeUInt32LE(stat.mode >>> 0, offset + 32);
}

/** The stat that `writeStamp` wrote. */
export function readStamp(source: Buffer, offset: number): FileStat {
  return {
    size: source.readDoubleLE(offset),
    mtimeNs: source.readBigInt64LE(offset + 8),
    ctimeNs: source.readBigInt64LE(offset + 16),
    ino: source.readBigUInt64LE(offset + 24),
    mode: source.readUInt32LE(offset + 32),
  };
}

/**
 * What an index has, in one piece of memory: magic with version, CRC-32 of the rest; then for each file its age, stamp, sha256, length
 * of the path and the path. The age says how many saves ago the file was last used.
 */
export class StatRecords {
  #bytes: Buffer;
  #length: number;
  readonly #at = new Map<string, number>();

  /** Takes what `encode` gave. Damaged bytes or another version give an empty index: it only costs reading files again. */
  constructor(encoded?: Uint8Array) {
    // A copy: records are written in place.
    const bytes = encoded && Buffer.from(encoded);
    const isSound = bytes !== undefined && isWhole(bytes) && this.#index(bytes);
    if (!isSound) this.#at.clear();
    this.#bytes = isSound ? bytes : Buffer.concat([MAGIC, Buffer.alloc(HEADER_BYTES - MAGIC.length)]);
    this.#length = this.#bytes.length;
  }

  /** The digest, as hex digits, of the file with this stamp; its age becomes 0. */
  use(path: string, stamp: Buffer): string | undefined {
    const at = this.#at.get(path);
    if (at === undefined) return undefined;
    const digestAt = at + 1 + STAMP_BYTES;
    if (stamp.compare(this.#bytes, at + 1, digestAt, 0, STAMP_BYTES) !== 0) return undefined;
    this.#bytes[at] = 0;
    return this.#bytes.toString("hex", digestAt, digestAt + DIGEST_BYTES);
  }

  /** With an age of 0. */
  set(path: string, stat: FileStat, digest: string): void {
    const at = this.#at.get(path) ?? this.#append(path);
    this.#bytes[at] = 0;
    writeStamp(stat, this.#bytes, at + 1);
    this.#bytes.write(digest, at + 1 + STAMP_BYTES, "hex");
  }

  /** False where there was none. */
  delete(path: string): boolean {
    return this.#at.delete(path);
  }

  /** All that are not older than `mostAge`, with ages one higher than they are. */
  encode(mostAge: number): Buffer {
    const out = Buffer.allocUnsafe(this.#length);
    let length = MAGIC.copy(out) + 4;
    for (const at of this.#at.values()) {
      const age = this.#bytes[at]!;
      if (age > mostAge) continue;
      const end = at + FIXED_BYTES + this.#bytes.readUInt32LE(at + 1 + BODY_BYTES);
      this.#bytes.copy(out, length, at, end);
      out[length] = age + 1;
      length += end - at;
    }
    out.writeUInt32LE(crc32(out.subarray(HEADER_BYTES, length)), MAGIC.length);
    return out.subarray(0, length);
  }

  /** False where a record is cut off. */
  #index(bytes: Buffer): boolean {
    for (let at = HEADER_BYTES; at < bytes.length; ) {
      if (at + FIXED_BYTES > bytes.length) return false;
      const end = at + FIXED_BYTES + bytes.readUInt32LE(at + 1 + BODY_BYTES);
      this.#at.set(decodeName(bytes.subarray(at + FIXED_BYTES, end)), at);
      at = end;
    }
    return true;
  }

  #append(path: string): number {
    const name = encodeName(path);
    const at = this.#length;
    const end = at + FIXED_BYTES + name.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.writeUInt32LE(name.length, at + 1 + BODY_BYTES);
    this.#bytes.set(name, at + FIXED_BYTES);
    this.#at.set(path, at);
    this.#length = end;
    return at;
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafe(Math.max(LEAST_BYTES, least, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const LEAST_BYTES = 16 * 1024;

function isWhole(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return false;
  return crc32(bytes.subarray(HEADER_BYTES)) === bytes.readUInt32LE(MAGIC.length);
}
