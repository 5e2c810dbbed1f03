import { ByteWriter } from "../core/byte-writer.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { ByteReader, decodeRecord, encodeRecord } from "./toc-record.ts";

const LEAST_BYTES = 256;
const MOST_SHARED = 255;
const PAGE_BYTES = 64 * 1024;

/**
 * Entries one after the other, in some 30 bytes each where they come in the order of a walk: a byte with how many bytes of its path
 * an entry shares with the one before, the rest of the path, and the record. Can be gone through any number of times.
 */
export class EntryList implements Iterable<Entry> {
  /** Full pages, and the one that is being filled: a buffer that grew would leave as much behind as it holds. */
  readonly #pages: Buffer[] = [];
  readonly #out = new ByteWriter(LEAST_BYTES);
  #name: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(entry: Entry): void {
    if (this.#out.length >= PAGE_BYTES) this.#turnPage();
    const name = encodeName(entry.path);
    const shared = sharedLength(this.#name, name);
    this.#out.byte(shared);
    this.#out.sized(name.subarray(shared));
    encodeRecord(entry, this.#out);
    this.#name = name;
    this.#length++;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    let path = Buffer.allocUnsafe(LEAST_BYTES);
    for (const page of [...this.#pages, this.#out.view()]) {
      const reader = new ByteReader(page, 0);
      while (reader.at < page.length) {
        const shared = reader.byte();
        const suffix = reader.bytes(reader.varint());
        const end = shared + suffix.length;
        if (end > path.length) path = Buffer.concat([path.subarray(0, shared)], 2 * end);
        path.set(suffix, shared);
        yield decodeRecord(reader, decodeName(path.subarray(0, end)));
      }
    }
  }

  #turnPage(): void {
    this.#pages.push(Buffer.from(this.#out.view()));
    this.#out.clear();
  }
}

function sharedLength(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length, MOST_SHARED);
  let i = 0;
  while (i < most && a[i] === b[i]) i++;
  return i;
}
