import { ByteWriter } from "../../core/byte-writer.ts";
import { encodeName } from "../../core/file-name.ts";
import type { Entry } from "../../core/file-tree.ts";
import { PathTable } from "../../core/path-table.ts";
import type { ByteSource, Change } from "../../layer/change.ts";
import { ByteReader, decodeRecord, encodeRecord } from "../../layer/toc-record.ts";

/** Gives the bytes of the file that a tree has at `path`. */
export type FileOrigin = (path: string) => ByteSource;

/** Bytes that are asked for when they are needed: of a hundred thousand files they had better not all be at hand. */
export interface DeferredFile {
  readonly kind: "deferred";
  readonly path: string;
  readonly origin: FileOrigin;
}

/** What is written of where bytes come from. */
const KIND = { none: 0, empty: 1, path: 2, deferred: 3, other: 4 } as const;

const EMPTY: ByteSource = { kind: "bytes", bytes: new Uint8Array(0) };
const LEAST_PLACES = 16;
const LEAST_BYTES = 256;
/** A place is a page and where in it: a change begins before this many bytes, wherever it ends. */
const PAGE_BYTES = 64 * 1024;

/** Changes by path, in some 50 bytes each and those of their paths. Of one that is set again the older bytes stay behind. */
export class ChangeTable {
  readonly paths = new PathTable();
  /** Pages, since a buffer that grew would leave as much behind as it holds. */
  readonly #pages = [new ByteWriter(LEAST_BYTES)];
  /** Where the change of each path begins, plus one; 0 for none. */
  #places = new Uint32Array(LEAST_PLACES);
  #size = 0;
  readonly #origins: FileOrigin[] = [];
  readonly #others: ByteSource[] = [];

  get size(): number {
    return this.#size;
  }

  has(path: string): boolean {
    return this.hasAt(this.paths.indexOf(path));
  }

  hasAt(index: number): boolean {
    return index >= 0 && index < this.#places.length && this.#places[index] !== 0;
  }

  get(path: string): Change | undefined {
    const index = this.paths.indexOf(path);
    return this.hasAt(index) ? this.#changeAt(index, path) : undefined;
  }

  /** The change of the path that has this number; it must have one. */
  at(index: number): Change {
    return this.#changeAt(index, this.paths.pathAt(index));
  }

  /** Gives the path's number. */
  set(entry: Entry, bytes: ByteSource | DeferredFile): number {
    const index = this.paths.add(entry.path);
    if (index >= this.#places.length) this.#grow();
    if (this.#places[index] === 0) this.#size++;
    const page = this.#openPage();
    this.#places[index] = (this.#pages.length - 1) * PAGE_BYTES + page.length + 1;
    encodeRecord(entry, page);
    this.#writeSource(bytes, page);
    return index;
  }

  delete(path: string): void {
    const index = this.paths.indexOf(path);
    if (!this.hasAt(index)) return;
    this.#places[index] = 0;
    this.#size--;
  }

  /** Numbers of all paths that have a change, in the order in which the paths came. */
  *indexes(): Generator<number> {
    for (let index = 0; index < this.paths.size; index++) if (this.hasAt(index)) yield index;
  }

  #changeAt(index: number, path: string): Change {
    const place = this.#places[index]! - 1;
    const page = this.#pages[Math.floor(place / PAGE_BYTES)]!;
    const reader = new ByteReader(page.view(), place % PAGE_BYTES);
    const entry = decodeRecord(reader, path);
    return new StoredChange(entry, () => this.#readSource(reader));
  }

  #openPage(): ByteWriter {
    if (this.#pages.at(-1)!.length >= PAGE_BYTES) this.#pages.push(new ByteWriter(PAGE_BYTES + LEAST_BYTES));
    return this.#pages.at(-1)!;
  }

  #writeSource(source: ByteSource | DeferredFile, out: ByteWriter): void {
    if (source.kind === "none") out.byte(KIND.none);
    else if (source.kind === "deferred") this.#writeDeferred(source, out);
    else if (source.kind === "bytes" && source.bytes.length === 0) out.byte(KIND.empty);
    else if (source.kind === "path" && !source.witness) {
      out.byte(KIND.path);
      out.sized(encodeName(source.path));
    } else {
      out.byte(KIND.other);
      out.varint(this.#others.push(source) - 1);
    }
  }

  #writeDeferred({ origin, path }: DeferredFile, out: ByteWriter): void {
    const known = this.#origins.lastIndexOf(origin);
    out.byte(KIND.deferred);
    out.varint(known < 0 ? this.#origins.push(origin) - 1 : known);
    out.sized(encodeName(path));
  }

  #readSource(reader: ByteReader): ByteSource {
    switch (reader.byte()) {
      case KIND.none:
        return { kind: "none" };
      case KIND.empty:
        return EMPTY;
      case KIND.path:
        return { kind: "path", path: reader.name() };
      case KIND.deferred:
        return this.#origins[reader.varint()]!(reader.name());
      default:
        return this.#others[reader.varint()]!;
    }
  }

  #grow(): void {
    const larger = new Uint32Array(2 * this.#places.length);
    larger.set(this.#places);
    this.#places = larger;
  }
}

class StoredChange implements Change {
  readonly entry: Entry;
  readonly #read: () => ByteSource;
  #bytes: ByteSource | undefined;

  constructor(entry: Entry, read: () => ByteSource) {
    this.entry = entry;
    this.#read = read;
  }

  get bytes(): ByteSource {
    this.#bytes ??= this.#read();
    return this.#bytes;
  }
}
