import { SlipwayError } from "../core/errors.ts";
import { decodeName } from "../core/file-name.ts";

export const TAR_BLOCK = 512;

/** Position and length of the fields of a header block (POSIX.1-2017 pax, ustar interchange format). */
export const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  devMajor: [329, 8],
  devMinor: [337, 8],
  prefix: [345, 155],
} as const;

export type Field = keyof typeof FIELD;

/** The fields of one header block as they stand there; extended headers are not yet applied. */
export interface RawHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data that follow, for types that have data. */
  readonly size: number;
  readonly mtime: number;
  /** The type flag as a character; NUL is given as "0". */
  readonly type: string;
  readonly linkName: string;
  readonly devMajor: number;
  readonly devMinor: number;
}

/** Reads a header block. Throws `LAYER_INVALID` where its checksum is wrong or a number is none. */
export function parseHeader(block: Buffer): RawHeader {
  if (!hasValidChecksum(block)) throw invalidTar("a header has a wrong checksum");
  const type = String.fromCharCode(block[FIELD.type[0]]!);
  const isUstar = block.toString("latin1", 257, 262) === "ustar";
  // GNU tar's magic is "ustar  "; it uses the place of the prefix for other things.
  const prefix = isUstar && block[262] === 0 ? text(block, "prefix") : "";
  const name = text(block, "name");
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    mode: number(block, "mode"),
    uid: number(block, "uid"),
    gid: number(block, "gid"),
    size: number(block, "size"),
    mtime: number(block, "mtime"),
    type: type === "\0" ? "0" : type,
    linkName: text(block, "linkName"),
    devMajor: isUstar ? number(block, "devMajor") : 0,
    devMinor: isUstar ? number(block, "devMinor") : 0,
  };
}

/** True for a block whose checksum field fits; both the unsigned and the old signed sum are taken. */
export function hasValidChecksum(block: Buffer): boolean {
  if (block.length < TAR_BLOCK) return false;
  const [start, length] = FIELD.checksum;
  const stored = /^[ \0]*([0-7]+)[ \0]/.exec(block.toString("latin1", start, start + length));
  if (!stored) return false;
  const expected = Number.parseInt(stored[1]!, 8);
  return expected === checksum(block) || expected === signedChecksum(block);
}

/** Sum of all bytes, with the checksum field taken as spaces. */
export function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < TAR_BLOCK; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum;
}

function signedChecksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < TAR_BLOCK; i++) if (i < 148 || i >= 156) sum += (block[i]! << 24) >> 24;
  return sum;
}

/** Tells whether the first bytes of a stream are a tar header (SPEC AD-01). A block of zeros is none. */
export function looksLikeTar(head: Buffer): boolean {
  return hasValidChecksum(head);
}

/** The number in a field: octal digits, or base 256 where the first bit is set (GNU). Empty is 0. */
export function parseNumber(bytes: Buffer): number {
  if (bytes[0]! & 0x80) return parseBase256(bytes);
  const digits = bytes.toString("latin1").replace(/^[ \0]+|[ \0]+$/g, "");
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) throw invalidTar("a header has a number that is none");
  return Number.parseInt(digits, 8);
}

function parseBase256(bytes: Buffer): number {
  const isNegative = (bytes[0]! & 0x40) !== 0;
  let value = BigInt(isNegative ? bytes[0]! | ~0xff : bytes[0]! & 0x7f);
  for (let i = 1; i < bytes.length; i++) value = value * 256n + BigInt(bytes[i]!);
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
    throw invalidTar("a header has a number that is too large");
  return Number(value);
}

/** The error for bytes that are no sound tar archive. */
export function invalidTar(
  problem: string,
  facts: Readonly<Record<string, unknown>> = {},
): SlipwayError<"LAYER_INVALID"> {
  return new SlipwayError("LAYER_INVALID", `the archive is not valid: ${problem}`, { facts });
}

function number(block: Buffer, field: Field): number {
  const [start, length] = FIELD[field];
  return parseNumber(block.subarray(start, start + length));
}

function text(block: Buffer, field: Field): string {
  const [start, length] = FIELD[field];
  const bytes = block.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return decodeName(end < 0 ? bytes : bytes.subarray(0, end));
}
