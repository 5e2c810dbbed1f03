import { crc32 } from "node:zlib";
import { decodeName } from "../core/file-name.ts";
import { PathTable } from "../core/path-table.ts";
import { RecordPages } from "../core/record-pages.ts";

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

/** Those two of its facts that need no big integers. */
export function readModeAndSize(source: Buffer, offset: number): Pick<FileStat, "mode" | "size"> {
  return { size: source.readDoubleLE(offset), mode: source.readUInt32LE(offset + 32) };
}

/** A record in memory: whether there is one, then age, stamp and sha256 as they are encoded. */
const AT = { isThere: 0, age: 1, stamp: 2, digest: 2 + STAMP_BYTES } as const;
const RECORD_BYTES = 2 + BODY_BYTES;

/**
 * What an index has. Encoded it is magic with version and CRC-32 of the rest; then for each file its age, stamp, sha256, length of the
 * path and the path. The age says how many saves ago the file was last used.
 */
export class StatRecords {
  #paths = new PathTable();
  #records = new RecordPages(RECORD_BYTES);

  /** Takes what `encode` gave. Damaged bytes or another version give an empty index: it only costs reading files again. */
  constructor(encoded?: Uint8Array) {
    const bytes = encoded && Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
    if (!bytes || (isWhole(bytes) && this.#read(bytes))) return;
    this.#paths = new PathTable();
    this.#records = new RecordPages(RECORD_BYTES);
  }

  /** The digest, as hex digits, of the file with this stamp; its age becomes 0. */
  use(path: string, stamp: Buffer): string | undefined {
    const index = this.#paths.indexOf(path);
    if (index < 0) return undefined;
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    const digestAt = at + AT.digest;
    if (page[at] !== 1 || stamp.compare(page, at + AT.stamp, digestAt, 0, STAMP_BYTES) !== 0)
      return undefined;
    page[at + AT.age] = 0;
    return page.toString("hex", digestAt, digestAt + DIGEST_BYTES);
  }

  /** With an age of 0. */
  set(path: string, stat: FileStat, digest: string): void {
    const index = this.#paths.add(path);
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    page[at + AT.isThere] = 1;
    page[at + AT.age] = 0;
    writeStamp(stat, page, at + AT.stamp);
    page.write(digest, at + AT.digest, "hex");
  }

  /** False where there was none. */
  delete(path: string): boolean {
    const index = this.#paths.indexOf(path);
    if (index < 0) return false;
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    const wasThere = page[at + AT.isThere] === 1;
    page[at + AT.isThere] = 0;
    return wasThere;
  }

  /** All that are not older than `mostAge`, with ages one higher than they are. */
  encode(mostAge: number): Buffer {
    const { size } = this.#paths;
    const out = Buffer.allocUnsafe(HEADER_BYTES + size * FIXED_BYTES + this.#paths.nameBytes);
    let length = MAGIC.copy(out) + 4;
    for (let index = 0; index < size; index++) {
      const page = this.#records.page(index);
      const at = this.#records.offset(index);
      const age = page[at + AT.age]!;
      if (page[at + AT.isThere] !== 1 || age > mostAge) continue;
      out[length] = age + 1;
      page.copy(out, length + 1, at + AT.stamp, at + RECORD_BYTES);
      const name = this.#paths.nameAt(index);
      out.writeUInt32LE(name.length, length + 1 + BODY_BYTES);
      out.set(name, length + FIXED_BYTES);
      length += FIXED_BYTES + name.length;
    }
    out.writeUInt32LE(crc32(out.subarray(HEADER_BYTES, length)), MAGIC.length);
    return out.subarray(0, length);
  }

  /** False where a record is cut off. */
  #read(bytes: Buffer): boolean {
    for (let from = HEADER_BYTES; from < bytes.length; ) {
      if (from + FIXED_BYTES > bytes.length) return false;
      const end = from + FIXED_BYTES + bytes.readUInt32LE(from + 1 + BODY_BYTES);
      if (end > bytes.length) return false;
      const index = this.#paths.add(decodeName(bytes.subarray(from + FIXED_BYTES, end)));
      const page = this.#records.page(index);
      const at = this.#records.offset(index);
      page[at + AT.isThere] = 1;
      bytes.copy(page, at + AT.age, from, from + 1 + BODY_BYTES);
      from = end;
    }
    return true;
  }
}

function isWhole(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return false;
  return crc32(bytes.subarray(HEADER_BYTES)) === bytes.readUInt32LE(MAGIC.length);
}
