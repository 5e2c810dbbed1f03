import { encodeName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { formatPax } from "./pax.ts";
import { checksum, FIELD, type Field, TAR_BLOCK } from "./tar-header.ts";

export const WHITEOUT_PREFIX = ".wh.";
export const OPAQUE_MARKER = ".wh..wh..opq";
const CAPABILITY = "security.capability";

/** What ends an archive: two blocks of zeros. No padding to a record follows (SPEC LT-01). */
export const TAR_END: Buffer = Buffer.alloc(2 * TAR_BLOCK);

const TYPE_FLAGS: Readonly<Record<Entry["type"], string>> = {
  file: "0",
  symlink: "2",
  char: "3",
  block: "4",
  dir: "5",
  fifo: "6",
  whiteout: "0",
};
/** Type flag of an extended header. */
const PAX_HEADER = "x";
/** Largest values of the octal fields of 8 and 12 bytes. */
const LARGEST_SMALL = 0o7777777;
const LARGEST_BIG = 0o77777777777;

interface Header {
  readonly name: Buffer;
  readonly linkName: Buffer;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly devMajor: number;
  readonly devMinor: number;
}

/**
 * The header blocks of one entry, without its bytes: USTAR where everything fits, else with a pax header in front (SPEC LT-03). The
 * bytes are those of Go's archive/tar, so that equal layers have the diff IDs that BuildKit gives them.
 * Directories end in a slash, names have no `./` in front, hard links are link entries to their first name (LT-04), whiteouts are
 * empty `.wh.` files (LT-06), and `security.capability` is the only attribute (LT-05). An opaque directory is followed by its
 * marker. The same entry gives the same bytes, always.
 */
export function entryHeader(entry: Entry): Buffer {
  const header = headerOf(entry);
  const records = paxRecords(header, entry);
  const blocks =
    records.size === 0
      ? headerBlock(header, splitName(header.name))
      : Buffer.concat([paxBlocks(header, formatPax(records)), headerBlock(header)]);
  return entry.opaque ? Buffer.concat([blocks, entryHeader(opaqueMarker(entry))]) : blocks;
}

/** Bytes that follow the header of `entry` in the archive, padding not counted. */
export function storedSize(entry: Entry): number {
  return entry.type === "file" && entry.hardLink === undefined ? entry.size : 0;
}

/** Zeros after `size` bytes of data. */
export function paddingAfter(size: number): Buffer {
  return TAR_END.subarray(0, (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);
}

function headerOf(entry: Entry): Header {
  const isLink = entry.hardLink !== undefined;
  return {
    name: encodeName(archiveName(entry)),
    linkName: encodeName(entry.hardLink ?? entry.linkTarget ?? ""),
    type: isLink ? "1" : TYPE_FLAGS[entry.type],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: storedSize(entry),
    mtime: entry.mtime,
    devMajor: entry.devMajor ?? 0,
    devMinor: entry.devMinor ?? 0,
  };
}

function archiveName(entry: Entry): string {
  if (entry.path === "") return "./";
  if (entry.type === "dir") return `${entry.path}/`;
  if (entry.type !== "whiteout") return entry.path;
  const slash = entry.path.lastIndexOf("/") + 1;
  return entry.path.slice(0, slash) + WHITEOUT_PREFIX + entry.path.slice(slash);
}

function opaqueMarker(entry: Entry): Entry {
  const path = entry.path === "" ? OPAQUE_MARKER : `${entry.path}/${OPAQUE_MARKER}`;
  return { path, type: "file", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
}

function paxRecords(header: Header, entry: Entry): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  const put = (key: string, value: number, largest: number) => {
    if (value < 0 || value > largest) records.set(key, Buffer.from(String(value)));
  };
  if (!fits(header.linkName, "linkName")) records.set("linkpath", header.linkName);
  put("uid", header.uid, LARGEST_SMALL);
  put("gid", header.gid, LARGEST_SMALL);
  put("size", header.size, LARGEST_BIG);
  put("mtime", header.mtime, LARGEST_BIG);
  const capability = entry.xattrs?.[CAPABILITY];
  if (capability) records.set(`SCHILY.xattr.${CAPABILITY}`, capability);
  // The prefix field is no help where there is a pax header anyway.
  if (!fits(header.name, "name") && (records.size > 0 || !splitName(header.name)))
    records.set("path", header.name);
  return records;
}

function headerBlock(header: Header, split?: SplitName): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  putName(block, "name", split?.name ?? header.name);
  split?.prefix.copy(block, FIELD.prefix[0]);
  octal(block, "mode", header.mode);
  octal(block, "uid", header.uid);
  octal(block, "gid", header.gid);
  octal(block, "size", header.size);
  octal(block, "mtime", header.mtime);
  putName(block, "linkName", header.linkName);
  // Go leaves these fields of a pax header empty.
  if (header.type !== PAX_HEADER) {
    octal(block, "devMajor", header.devMajor);
    octal(block, "devMinor", header.devMinor);
  }
  block.write(header.type, FIELD.type[0], "latin1");
  block.write("ustar\x0000", FIELD.magic[0], "latin1");
  block.write(`${checksum(block).toString(8).padStart(6, "0")}\0 `, FIELD.checksum[0], "latin1");
  return block;
}

interface SplitName {
  readonly prefix: Buffer;
  readonly name: Buffer;
}

/** A long name in the two fields of USTAR, split at the last slash that leaves a prefix of at most 155 bytes; undefined where it does not fit. */
function splitName(name: Buffer): SplitName | undefined {
  if (name.length <= FIELD.name[1] || !isAscii(name)) return undefined;
  const slash = name.lastIndexOf(0x2f, Math.min(FIELD.prefix[1], name.length - 2));
  if (slash <= 0 || name.length - slash - 1 > FIELD.name[1]) return undefined;
  return { prefix: name.subarray(0, slash), name: name.subarray(slash + 1) };
}

/** The blocks of a pax header. Its own name only serves readers that do not know pax. */
function paxBlocks(header: Header, records: Buffer): Buffer {
  const slash = header.name.lastIndexOf(0x2f) + 1;
  const [folder, file] = [header.name.subarray(0, slash), header.name.subarray(slash)];
  const separator = Buffer.from(file.length > 0 ? "/" : "");
  const name = ascii(Buffer.concat([folder, Buffer.from("PaxHeaders.0"), separator, file]));
  const cut = name.subarray(0, FIELD.name[1]);
  const none = { linkName: Buffer.alloc(0), mode: 0, uid: 0, gid: 0, mtime: 0, devMajor: 0, devMinor: 0 };
  const block = headerBlock({ ...none, name: withoutSlashes(cut), type: PAX_HEADER, size: records.length });
  return Buffer.concat([block, records, paddingAfter(records.length)]);
}

function withoutSlashes(name: Buffer): Buffer {
  let end = name.length;
  while (end > 0 && name[end - 1] === 0x2f) end--;
  return name.subarray(0, end);
}

function ascii(name: Buffer): Buffer {
  return Buffer.from(name.filter((byte) => byte < 0x80));
}

function fits(name: Buffer, field: "name" | "linkName"): boolean {
  return name.length <= FIELD[field][1] && isAscii(name);
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

/**
 * A name, or where the true one is in the pax header as much of its ASCII part as has room. A slash is not left at the end of a
 * name that was cut: old readers would take the file for a directory.
 */
function putName(block: Buffer, field: "name" | "linkName", value: Buffer): void {
  const [start, length] = FIELD[field];
  const shown = ascii(value);
  shown.copy(block, start, 0, length);
  if (shown.length > length && block[start + length - 1] === 0x2f)
    block[start + withoutSlashes(shown.subarray(0, length)).length] = 0;
}

/** Octal digits and a NUL; 0 where the value does not fit, which then is in the pax header. */
function octal(block: Buffer, field: Field, value: number): void {
  const [start, length] = FIELD[field];
  const digits = value.toString(8).padStart(length - 1, "0");
  const fits = value >= 0 && digits.length <= length - 1;
  block.write(fits ? digits : "0".repeat(length - 1), start, "latin1");
}
