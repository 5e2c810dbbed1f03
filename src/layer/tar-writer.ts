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
 * The header blocks of one entry, without its bytes: USTAR where everything fits, else with a pax header in front (SPEC LT-03).
 * Directories end in a slash, names have no `./` in front, hard links are link entries to their first name (LT-04), whiteouts are
 * empty `.wh.` files (LT-06), and `security.capability` is the only attribute (LT-05). An opaque directory is followed by its
 * marker. The same entry gives the same bytes, always.
 */
export function entryHeader(entry: Entry): Buffer {
  const header = headerOf(entry);
  const records = paxRecords(header, entry);
  const blocks =
    records.size === 0
      ? headerBlock(header)
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
  if (!splitName(header.name)) records.set("path", header.name);
  if (!isAscii(header.linkName) || header.linkName.length > FIELD.linkName[1])
    records.set("linkpath", header.linkName);
  put("uid", header.uid, LARGEST_SMALL);
  put("gid", header.gid, LARGEST_SMALL);
  put("size", header.size, LARGEST_BIG);
  put("mtime", header.mtime, LARGEST_BIG);
  const capability = entry.hardLink === undefined ? entry.xattrs?.[CAPABILITY] : undefined;
  if (capability) records.set(`SCHILY.xattr.${CAPABILITY}`, capability);
  return records;
}

function headerBlock(header: Header): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  const { name, prefix } = splitName(header.name) ?? { name: shorten(header.name), prefix: undefined };
  put(block, "name", name);
  if (prefix) put(block, "prefix", prefix);
  octal(block, "mode", header.mode);
  octal(block, "uid", header.uid);
  octal(block, "gid", header.gid);
  octal(block, "size", header.size);
  octal(block, "mtime", header.mtime);
  put(block, "linkName", isAscii(header.linkName) ? header.linkName : shorten(header.linkName));
  octal(block, "devMajor", header.devMajor);
  octal(block, "devMinor", header.devMinor);
  block.write(header.type, FIELD.type[0], "latin1");
  block.write("ustar\x0000", FIELD.magic[0], "latin1");
  block.write(`${checksum(block).toString(8).padStart(6, "0")}\0 `, FIELD.checksum[0], "latin1");
  return block;
}

/** The blocks of a pax header. Its own name only serves readers that do not know pax. */
function paxBlocks(header: Header, records: Buffer): Buffer {
  const name = Buffer.concat([Buffer.from("PaxHeaders.0/"), shorten(lastPart(header.name))]).subarray(
    0,
    FIELD.name[1],
  );
  const none = { linkName: Buffer.alloc(0), mode: 0, uid: 0, gid: 0, mtime: 0, devMajor: 0, devMinor: 0 };
  const block = headerBlock({ ...none, name, type: "x", size: records.length });
  return Buffer.concat([block, records, paddingAfter(records.length)]);
}

function lastPart(name: Buffer): Buffer {
  const end = name.at(-1) === 0x2f ? name.length - 1 : name.length;
  return name.subarray(name.lastIndexOf(0x2f, end - 1) + 1, end);
}

/** Name and prefix of ustar, split at a slash; undefined where the name does not fit. */
function splitName(name: Buffer): { readonly name: Buffer; readonly prefix?: Buffer } | undefined {
  if (!isAscii(name)) return undefined;
  if (name.length <= FIELD.name[1]) return { name };
  // The last slash that leaves something behind it and a prefix of at most 155 bytes.
  const slash = name.lastIndexOf(0x2f, Math.min(FIELD.prefix[1], name.length - 2));
  if (slash <= 0 || name.length - slash - 1 > FIELD.name[1]) return undefined;
  return { name: name.subarray(slash + 1), prefix: name.subarray(0, slash) };
}

/** What stands in a header where the true name is in the pax header: its ASCII part, cut to fit. */
function shorten(name: Buffer): Buffer {
  return Buffer.from(name.filter((byte) => byte < 0x80)).subarray(0, FIELD.name[1]);
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function put(block: Buffer, field: Field, value: Buffer): void {
  const [start, length] = FIELD[field];
  value.copy(block, start, 0, length);
}

/** Octal digits and a NUL; 0 where the value does not fit, which then is in the pax header. */
function octal(block: Buffer, field: Field, value: number): void {
  const [start, length] = FIELD[field];
  const digits = value.toString(8).padStart(length - 1, "0");
  const fits = value >= 0 && digits.length <= length - 1;
  block.write(fits ? digits : "0".repeat(length - 1), start, "latin1");
}
