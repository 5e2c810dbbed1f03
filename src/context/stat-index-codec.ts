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
export const DIGEST_BYTES = 32;

/** One file: its stamp and sha256, `STAMP_BYTES` + `DIGEST_BYTES` long, and how many saves ago it was last used. */
export interface IndexRecord {
  readonly age: number;
  readonly body: Buffer;
}

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

/** Magic with version, CRC-32 of the rest; then age, body, length of the path and the path for each file. */
export function encodeIndex(records: ReadonlyMap<string, IndexRecord>): Buffer {
  const parts: Buffer[] = [];
  for (const [path, record] of records) {
    const name = encodeName(path);
    const fixed = Buffer.allocUnsafe(FIXED_BYTES);
    fixed[0] = record.age;
    record.body.copy(fixed, 1);
    fixed.writeUInt32LE(name.length, 1 + BODY_BYTES);
    parts.push(fixed, name);
  }
  const rest = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(crc32(rest), MAGIC.length);
  return Buffer.concat([header, rest]);
}

/** Reads what `encodeIndex` wrote. Damaged bytes or another version give an empty index: it only costs reading files again. */
export function decodeIndex(bytes: Uint8Array): Map<string, IndexRecord> {
  const records = new Map<string, IndexRecord>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEADER_BYTES || MAGIC.compare(buffer, 0, MAGIC.length) !== 0) return records;
  if (crc32(buffer.subarray(HEADER_BYTES)) !== buffer.readUInt32LE(MAGIC.length)) return records;
  for (let at = HEADER_BYTES; at < buffer.length; ) {
    if (at + FIXED_BYTES > buffer.length) return new Map();
    const end = at + FIXED_BYTES + buffer.readUInt32LE(at + 1 + BODY_BYTES);
    const path = decodeName(buffer.subarray(at + FIXED_BYTES, end));
    records.set(path, { age: buffer[at]!, body: buffer.subarray(at + 1, at + 1 + BODY_BYTES) });
    at = end;
  }
  return records;
}
