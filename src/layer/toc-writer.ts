import { createHash } from "node:crypto";
import { ByteWriter } from "../core/byte-writer.ts";
import { type Digest, finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { comparePaths, encodeName, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { BLOCK_ENTRIES } from "./toc-cursor.ts";
import { encodeContentRecord, encodeRecord } from "./toc-record.ts";

/**
 * The table of contents of a layer (DESIGN decision 1), searched in place:
 *
 *   bytes 0-15   "slipway-toc/1\n", two zero bytes
 *   uint32 LE    number of entries
 *   uint32 LE    position of the block table
 *   entries      sorted by `comparePaths`; varint bytes shared with the path before, suffix, record, both with their length
 *   block table  uint32 LE positions of every 16th entry, whose path is whole
 */
export const MAGIC = Buffer.from("slipway-toc/1\n\0\0", "latin1");
export const HEADER_BYTES = MAGIC.length + 8;

/** What a content digest begins with; a new meaning gets a new tag. */
const CONTENT_TAG = "layer-content/1\n";

/** Enough for any ordinary record, and for the table of contents of a small layer. */
const RECORD_BYTES = 256;
const LITTLE_BYTES = 4096;

/** Makes a table of contents while the entries pass by; none of them is kept. */
export class TocWriter {
  readonly #out: ByteWriter;
  readonly #record = new ByteWriter(RECORD_BYTES);
  readonly #blocks: number[] = [];
  #count = 0;
  #path = "";
  #name: Buffer = EMPTY;

  /** `expected`: how many bytes it will about come to. */
  constructor(expected = 0) {
    this.#out = new ByteWriter(Math.max(LITTLE_BYTES, expected));
    this.#out.bytes(MAGIC);
    this.#out.bytes(Buffer.alloc(HEADER_BYTES - MAGIC.length));
  }

  get count(): number {
    return this.#count;
  }

  /** Entries come sorted by `comparePaths` and each path once; else throws `INTERNAL`. */
  add(entry: Entry): void {
    if (this.#count > 0 && comparePaths(this.#path, entry.path) >= 0) throw unsorted(this.#path, entry.path);
    const name = encodeName(entry.path);
    const opensBlock = this.#count++ % BLOCK_ENTRIES === 0;
    if (opensBlock) this.#blocks.push(this.#out.length);
    const shared = opensBlock ? 0 : sharedLength(this.#name, name);
    this.#record.clear();
    encodeRecord(entry, this.#record);
    this.#out.varint(shared);
    this.#out.sized(name.subarray(shared));
    this.#out.sized(this.#record.view());
    this.#path = entry.path;
    this.#name = name;
  }

  /** The bytes, in memory of their own; the writer must not be used any more. */
  finish(): Buffer<ArrayBuffer> {
    const tableAt = this.#out.length;
    for (const at of this.#blocks) this.#out.uint32(at);
    const result = Buffer.from(new ArrayBuffer(this.#out.length));
    this.#out.view().copy(result);
    result.writeUInt32LE(this.#count, MAGIC.length);
    result.writeUInt32LE(tableAt, MAGIC.length + 4);
    return result;
  }
}

/**
 * Digest over path, type, mode, owner, size, file digest, link target, hard link, device, `security.capability`, whiteout
 * and opaque of every entry, in path order; not over modification times or other attributes (SPEC CK-05).
 */
export class ContentHash {
  readonly #hash = createHash("sha256").update(CONTENT_TAG);
  readonly #out = new ByteWriter(LITTLE_BYTES);
  readonly #record = new ByteWriter(RECORD_BYTES);

  add(entry: Entry): void {
    this.#record.clear();
    encodeContentRecord(entry, this.#record);
    this.#out.sized(encodeName(entry.path));
    this.#out.sized(this.#record.view());
    if (this.#out.length < 32 * 1024) return;
    this.#hash.update(this.#out.view());
    this.#out.clear();
  }

  finish(): Digest {
    return finishDigest(this.#hash.update(this.#out.view()));
  }
}

/** Makes a table of contents. Entries must come sorted by `comparePaths` and each path once; else throws `INTERNAL`. */
export function encodeToc(entries: Iterable<Entry>): Buffer {
  const writer = new TocWriter();
  for (const entry of entries) writer.add(entry);
  return writer.finish();
}

/** See `ContentHash`. */
export function contentDigestOf(entries: Iterable<Entry>): Digest {
  const hash = new ContentHash();
  for (const entry of entries) hash.add(entry);
  return hash.finish();
}

const EMPTY = Buffer.alloc(0);

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
