import type { ByteWriter } from "../core/byte-writer.ts";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import type { Entry, EntryType } from "../core/file-tree.ts";

/**
 * One record of a table of contents, without its path:
 *
 *   byte     type (bits 0-2), digest 8, link target 16, hard link 32, xattrs 64, more flags 128
 *   byte     only with 128: opaque 1, device numbers 2
 *   varints  mode, uid, gid, size, zigzag mtime, mtimeNs
 *   then what the flags announce, in the order of the flags; strings and values have their length in front
 */
const TYPES: readonly EntryType[] = ["file", "dir", "symlink", "char", "block", "fifo", "whiteout"];
const CODES = new Map(TYPES.map((type, code) => [type, code]));
const HAS = { digest: 8, linkTarget: 16, hardLink: 32, xattrs: 64, more: 128 } as const;
const MORE = { opaque: 1, device: 2 } as const;
const DIGEST_BYTES = 32;
const CAPABILITY = "security.capability";
const NO_TIME = { mtime: 0, mtimeNs: 0 };
const NO_XATTRS: Xattrs = [];

/** Appends the record of `entry`. Equal entries give equal bytes. */
export function encodeRecord(entry: Entry, out: ByteWriter): void {
  encode(entry, entry, xattrsOf(entry), out);
}

/** Appends a record of what counts as content (SPEC CK-05): no times, and no attributes but `security.capability`. */
export function encodeContentRecord(entry: Entry, out: ByteWriter): void {
  const xattrs = entry.xattrs ? xattrsOf(entry).filter(([name]) => name === CAPABILITY) : NO_XATTRS;
  encode(entry, NO_TIME, xattrs, out);
}

type Xattrs = readonly (readonly [name: string, value: Uint8Array])[];

function xattrsOf({ xattrs }: Entry): Xattrs {
  return xattrs ? Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1)) : NO_XATTRS;
}

function encode(
  entry: Entry,
  { mtime, mtimeNs }: Pick<Entry, "mtime" | "mtimeNs">,
  xattrs: Xattrs,
  out: ByteWriter,
): void {
  const more = (entry.opaque ? MORE.opaque : 0) | (entry.devMajor || entry.devMinor ? MORE.device : 0);
  out.byte(flagsOf(entry) | (xattrs.length === 0 ? 0 : HAS.xattrs) | (more === 0 ? 0 : HAS.more));
  if (more !== 0) out.byte(more);
  out.varint(entry.mode);
  out.varint(entry.uid);
  out.varint(entry.gid);
  out.varint(entry.size);
  out.varint(mtime < 0 ? -2 * mtime - 1 : 2 * mtime);
  out.varint(mtimeNs);
  if (entry.digest !== undefined) out.hex(entry.digest.slice("sha256:".length));
  if (entry.linkTarget !== undefined) out.sized(encodeName(entry.linkTarget));
  if (entry.hardLink !== undefined) out.sized(encodeName(entry.hardLink));
  if (xattrs.length > 0) encodeXattrs(xattrs, out);
  if (more & MORE.device) {
    out.varint(entry.devMajor ?? 0);
    out.varint(entry.devMinor ?? 0);
  }
}

function flagsOf(entry: Entry): number {
  return (
    CODES.get(entry.type)! |
    (entry.digest === undefined ? 0 : HAS.digest) |
    (entry.linkTarget === undefined ? 0 : HAS.linkTarget) |
    (entry.hardLink === undefined ? 0 : HAS.hardLink)
  );
}

function encodeXattrs(xattrs: Xattrs, out: ByteWriter): void {
  out.varint(xattrs.length);
  for (const [name, value] of xattrs) {
    out.sized(encodeName(name));
    out.sized(value);
  }
}

/** Reads a record up to its end. Throws `LAYER_INVALID` where there is none. */
export function decodeRecord(reader: ByteReader, path: string): Entry {
  const flags = reader.byte();
  const more = flags & HAS.more ? reader.byte() : 0;
  const type = TYPES[flags & 7];
  if (type === undefined) throw damaged();
  const entry: { -readonly [K in keyof Entry]: Entry[K] } = {
    path,
    type,
    mode: reader.varint(),
    uid: reader.varint(),
    gid: reader.varint(),
    size: reader.varint(),
    mtime: unzigzag(reader.varint()),
    mtimeNs: reader.varint(),
  };
  if (flags & HAS.digest) entry.digest = `sha256:${reader.bytes(DIGEST_BYTES).toString("hex")}` as Digest;
  if (flags & HAS.linkTarget) entry.linkTarget = reader.name();
  if (flags & HAS.hardLink) entry.hardLink = reader.name();
  if (flags & HAS.xattrs) entry.xattrs = decodeXattrs(reader);
  if (more & MORE.device) {
    entry.devMajor = reader.varint();
    entry.devMinor = reader.varint();
  }
  if (more & MORE.opaque) entry.opaque = true;
  return entry;
}

function decodeXattrs(reader: ByteReader): Readonly<Record<string, Uint8Array>> {
  const xattrs: [string, Uint8Array][] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.name();
    xattrs.push([name, Buffer.from(reader.bytes(reader.varint()))]);
  }
  return Object.fromEntries(xattrs);
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Reads what a ByteWriter wrote. Every read is checked against the end: throws `LAYER_INVALID`. */
export class ByteReader {
  readonly #source: Buffer;
  at: number;

  constructor(source: Buffer, at: number) {
    this.#source = source;
    this.at = at;
  }

  byte(): number {
    const value = this.#source[this.at++];
    if (value === undefined) throw damaged();
    return value;
  }

  varint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value -= 0x80;
    for (let scale = 0x80; ; scale *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw damaged();
      if (next < 0x80) return value;
    }
  }

  bytes(length: number): Buffer {
    if (length > this.#source.length - this.at) throw damaged();
    this.at += length;
    return this.#source.subarray(this.at - length, this.at);
  }

  name(): string {
    return decodeName(this.bytes(this.varint()));
  }
}

/** The error for a table of contents that is not what this code wrote. */
export function damaged(): SlipwayError<"LAYER_INVALID"> {
  return new SlipwayError("LAYER_INVALID", "the table of contents of a layer is damaged", {
    hint: "remove the layer from the store and pull or build it again",
  });
}
