import type { Digest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import { BLOCK_ENTRIES, TocCursor } from "./toc-cursor.ts";
import { ByteReader, damaged, decodeRecord } from "./toc-record.ts";
import { contentDigestOf, HEADER_BYTES, MAGIC } from "./toc-writer.ts";

/** Of so few entries all paths are remembered, once that many of them were asked for. */
const LITTLE = { entries: 64, questions: 4 };

/** A layer's table of contents; looks entries up in the encoded bytes. Lookups never follow links. */
export class Toc {
  /** Number of entries. */
  readonly count: number;
  readonly bytes: Buffer;
  readonly #tableAt: number;
  readonly #cursor: TocCursor;
  #questions = 0;
  #paths: ReadonlySet<string> | undefined;

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
    if (this.#isMissing(path)) return undefined;
    const cursor = this.#cursor;
    return cursor.seek(cursor.lowerBound(path)) && cursor.compare(path) === 0
      ? this.#decode(cursor)
      : undefined;
  }

  /** The entry of this layer at which the bytes of a file are: a further name of one has them at the first. Throws `LAYER_INVALID` where that is not there. */
  firstName({ path, hardLink = path }: Pick<Entry, "path" | "hardLink">): Entry {
    const first = this.find(hardLink);
    if (!first) throw damaged();
    return first;
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

  /** In a stack of hundreds of little layers nearly every question is about what is not there. */
  #isMissing(path: string): boolean {
    if (this.count > LITTLE.entries || this.#questions++ < LITTLE.questions) return false;
    this.#paths ??= new Set(Array.from(this.entries(), (entry) => entry.path));
    return !this.#paths.has(path);
  }

  #firstBelow(dir: string): number {
    if (dir !== "") return this.#cursor.lowerBound(`${dir}/`);
    return this.#cursor.seek(0) && this.#cursor.path() === "" ? 1 : 0;
  }

  #decode(cursor: TocCursor): Entry {
    return decodeRecord(new ByteReader(this.bytes, cursor.record), cursor.path());
  }

  #newCursor(): TocCursor {
    return new TocCursor(this.bytes, this.count, this.#tableAt);
  }
}
