import type { Entry, EntryType } from "../observation.ts";
import { observedContent, observedTime } from "../observation.ts";

const BLOCK = 512;
const TYPES: Readonly<Record<string, EntryType>> = {
  "0": "file",
  "\0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};
const XATTR = "SCHILY.xattr.";

type Records = Readonly<Record<string, string>>;

/** Reads a tar of modest size. The suite has a reader of its own so that an error in the product's cannot hide one. */
export function readTar(bytes: Buffer, started: number): readonly Entry[] {
  const entries: Entry[] = [];
  let offset = 0;
  let pax: Records = {};
  while (offset + BLOCK <= bytes.length && bytes[offset] !== 0) {
    const header = bytes.subarray(offset, offset + BLOCK);
    const flag = String.fromCharCode(header[156]!);
    const size = pax.size === undefined ? number(header, 124, 12) : Number(pax.size);
    const body = bytes.subarray(offset + BLOCK, offset + BLOCK + size);
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (flag === "x" || flag === "g") pax = { ...pax, ...paxRecords(body) };
    else if (flag === "L") pax = { ...pax, path: text(body, 0, body.length) };
    else if (flag === "K") pax = { ...pax, linkpath: text(body, 0, body.length) };
    else {
      entries.push(entryOf(header, TYPES[flag] ?? "other", body, { pax, started }));
      pax = {};
    }
  }
  return entries;
}

function entryOf(
  header: Buffer,
  type: EntryType,
  body: Buffer,
  { pax, started }: { pax: Records; started: number },
): Entry {
  const xattrs = xattrsOf(pax);
  const isDevice = type === "char" || type === "block";
  return {
    path: pax.path ?? nameOf(header),
    type,
    mode: number(header, 100, 8),
    uid: pax.uid === undefined ? number(header, 108, 8) : Number(pax.uid),
    gid: pax.gid === undefined ? number(header, 116, 8) : Number(pax.gid),
    ...(type === "file" ? observedContent(body) : {}),
    ...(type === "symlink" || type === "hardlink" ? { target: pax.linkpath ?? text(header, 157, 100) } : {}),
    ...(isDevice ? { device: `${number(header, 329, 8)}:${number(header, 337, 8)}` } : {}),
    ...(Object.keys(xattrs).length > 0 ? { xattrs } : {}),
    mtime: observedTime(pax.mtime === undefined ? number(header, 136, 12) : Number(pax.mtime), started),
  };
}

function nameOf(header: Buffer): string {
  const isUstar = text(header, 257, 6) === "ustar";
  const prefix = isUstar ? text(header, 345, 155) : "";
  return (prefix ? `${prefix}/` : "") + text(header, 0, 100);
}

function xattrsOf(pax: Records): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pax)
      .filter(([key]) => key.startsWith(XATTR))
      .map(([key, value]) => [key.slice(XATTR.length), Buffer.from(value, "latin1").toString("base64")]),
  );
}

/** Records are `LENGTH KEY=VALUE\n` where LENGTH counts the whole record in bytes. */
function paxRecords(body: Buffer): Records {
  const records: Record<string, string> = {};
  let at = 0;
  while (at < body.length) {
    const blank = body.indexOf(0x20, at);
    const end = at + Number(body.toString("latin1", at, blank));
    const equals = body.indexOf(0x3d, blank);
    const key = body.toString("utf8", blank + 1, equals);
    const encoding = key.startsWith(XATTR) ? "latin1" : "utf8";
    records[key] = body.toString(encoding, equals + 1, end - 1);
    at = end;
  }
  return records;
}

function text(buffer: Buffer, offset: number, length: number): string {
  const field = buffer.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

/** Octal digits, or GNU's big-endian binary where the first bit is set. */
function number(buffer: Buffer, offset: number, length: number): number {
  if (buffer[offset]! & 0x80) {
    let value = buffer[offset]! & 0x7f;
    for (let index = 1; index < length; index++) value = value * 256 + buffer[offset + index]!;
    return value;
  }
  return Number.parseInt(text(buffer, offset, length).trim() || "0", 8);
}
