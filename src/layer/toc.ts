import { createHash } from "node:crypto";
import { type Digest, finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { comparePaths, encodeName, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { ByteWriter } from "./byte-writer.ts";
import { BLOCK_ENTRIES, TocCursor } from "./toc-cursor.ts";
import { damaged, decodeRecord, encodeRecord } from "./toc-record.ts";

/**
 * The table of contents of a layer (DESIGN decision 1), searched in place:
 *
 *   bytes 0-15   "slipway-toc/1\n", two zero bytes
 *   uint32 LE    number of entries
 *   uint32 LE    position of the block table
 *   entries      sorted by `comparePaths`; varint bytes shared with the path before, suffix, record, both with their length
 *   block table  uint32 LE positions of every 16th entry, whose path is whole
 */
const MAGIC = Buffer.from("slipway-toc/1\n\0\0", "latin1");
const HEADER_BYTES = MAGIC.length + 8;

/** What `Toc.contentDigest` begins with; a new meaning gets a new tag. */
const CONTENT_TAG = "layer-content/1\n";
const CAPABILITY = "security.capability";

/** Makes a table of contents. Entries must come sorted by `comparePaths` and each path once; else throws `INTERNAL`. */
export function encodeToc(entries: Iterable<Entry>): Buffer {
  const out = new ByteWriter(64 * 1024);
  const record = new ByteWriter(256);
  const blocks: number[] = [];
  let count = 0;
  let before: { readonly path: string; readonly bytes: Buffer } | undefined;
  out.bytes(MAGIC);
  out.bytes(Buffer.alloc(8));
  for (const entry of entries) {
    if (before && comparePaths(before.path, entry.path) >= 0) throw unsorted(before.path, entry.path);
    const bytes = encodeName(entry.path);
    const opensBlock = count++ % BLOCK_ENTRIES === 0;
    if (opensBlock) blocks.push(out.length);
    const shared = opensBlock || !before ? 0 : sharedLength(before.bytes, bytes);
    record.clear();
    encodeRecord(entry, record);
    out.varint(shared);
    out.sized(bytes.subarray(shared));
    out.sized(record.view());
    before = { path: entry.path, bytes };
  }
  const tableAt = out.length;
  for (const at of blocks) out.uint32(at);
  const result = Buffer.from(out.view());
  result.writeUInt32LE(count, MAGIC.length);
  result.writeUInt32LE(tableAt, MAGIC.length + 4);
  return result;
}

/**
 * Digest over path, type, mode, owner, size, file digest, link target, hard link, device, `security.capability`, whiteout
 * and opaque of every entry, in path order; not over modification times or other attributes (SPEC CK-05).
 */
export function contentDigestOf(entries: Iterable<Entry>): Digest {
  const hash = createHash("sha256").update(CONTENT_TAG);
  const out = new ByteWriter(64 * 1024);
  const record = new ByteWriter(256);
  for (const entry of entries) {
    record.clear();
    encodeRecord(withoutTimes(entry), record);
    out.sized(encodeName(entry.path));
    out.sized(record.view());
    if (out.length < 32 * 1024) continue;
    hash.update(out.view());
    out.clear();
  }
  return finishDigest(hash.update(out.view()));
}

function sharedLength(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}

function unsorted(before: string, path: string): SlipwayError<"INTERNAL"> {
  return new SlipwayError(
    "INTERNAL",
    `entries of a layer are out of order: "${printableName(path)}" after "${printableName(before)}"`,
  );
}

/** A layer's table of contents; looks entries up in the encoded bytes. Lookups never follow links. */
export class Toc {
  /** Number of entries. */
  readonly count: number;
  readonly bytes: Buffer;
  readonly #tableAt: number;
  readonly #cursor: TocCursor;

  private constructor(bytes: Buffer, count: number, tableAt: number) {
    this.bytes = bytes;
    this.count = count;
    this.#tableAt = tableAt;
    this.#cursor = this.#newCursor();
  }

  /** Wraps encoded bytes. Throws `LAYER_INVALID` where the header is not that of this version. Reading damaged entries throws it later. */
  static open(bytes: Uint8Array): Toc {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length < HEADER_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged();
    const count = buffer.readUInt32LE(MAGIC.length);
    const tableAt = buffer.readUInt32LE(MAGIC.length + 4);
    if (tableAt < HEADER_BYTES || tableAt + 4 * Math.ceil(count / BLOCK_ENTRIES) !== buffer.length)
      throw damaged();
    return new Toc(buffer, count, tableAt);
  }

  entryAt(index: number): Entry | undefined {
    return this.#cursor.seek(index) ? this.#decode(this.#cursor) : undefined;
  }

  find(path: string): Entry | undefined {
    const cursor = this.#cursor;
    return cursor.seek(cursor.lowerBound(path)) && cursor.compare(path) === 0
      ? this.#decode(cursor)
      : undefined;
  }

  /** Names directly inside `dir`, in path order, whiteouts included; names of which only something deeper is listed count too. */
  childNames(dir: string): string[] {
    const cursor = this.#newCursor();
    const prefix = dir === "" ? "" : `${dir}/`;
    const names: string[] = [];
    let more = cursor.seek(this.#firstBelow(dir));
    while (more) {
      const path = cursor.path();
      if (!path.startsWith(prefix)) break;
      const slash = path.indexOf("/", prefix.length);
      const child = slash < 0 ? path : path.slice(0, slash);
      names.push(child.slice(prefix.length));
      more = cursor.next();
      // "\0" sorts directly after "/", so this is the end of everything below the child.
      if (more && cursor.path().startsWith(`${child}/`)) more = cursor.seek(cursor.lowerBound(`${child}\0`));
    }
    return names;
  }

  /** Every entry below `dir` (not itself), in path order. */
  *range(dir: string): IterableIterator<Entry> {
    const cursor = this.#newCursor();
    const prefix = dir === "" ? "" : `${dir}/`;
    for (let more = cursor.seek(this.#firstBelow(dir)); more; more = cursor.next()) {
      if (!cursor.path().startsWith(prefix)) return;
      yield this.#decode(cursor);
    }
  }

  /** Every entry, in path order. */
  *entries(): IterableIterator<Entry> {
    const cursor = this.#newCursor();
    while (cursor.next()) yield this.#decode(cursor);
  }

  /** See `contentDigestOf`. */
  contentDigest(): Digest {
    return contentDigestOf(this.entries());
  }

  #firstBelow(dir: string): number {
    if (dir !== "") return this.#cursor.lowerBound(`${dir}/`);
    return this.#cursor.seek(0) && this.#cursor.path() === "" ? 1 : 0;
  }

  #decode(cursor: TocCursor): Entry {
    return decodeRecord(this.bytes, cursor.record, cursor.path());
  }

  #newCursor(): TocCursor {
    return new TocCursor(this.bytes, this.count, this.#tableAt);
  }
}

function withoutTimes(entry: Entry): Entry {
  const { xattrs, ...rest } = entry;
  const capability = xattrs?.[CAPABILITY];
  return { ...rest, mtime: 0, mtimeNs: 0, ...(capability ? { xattrs: { [CAPABILITY]: capability } } : {}) };
}
