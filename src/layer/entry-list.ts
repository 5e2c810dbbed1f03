import { ByteWriter } from "../core/byte-writer.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { ByteReader, decodeRecord, encodeRecord } from "./toc-record.ts";

const LEAST_BYTES = 256;
const MOST_SHARED = 255;

/**
 * Entries one after the other, in some 30 bytes each where they come in the order of a walk: a byte with how many bytes of its path
 * an entry shares with the one before, the rest of the path, and the record. Can be gone through any number of times.
 */
export class EntryList implements Iterable<Entry> {
  readonly #out = new ByteWriter(LEAST_BYTES);
  #name: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(entry: Entry): void {
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
    const { length } = this;
    const reader = new ByteReader(this.#out.view(), 0);
    for (let i = 0; i < length; i++) {
      const shared = reader.byte();
      const suffix = reader.bytes(reader.varint());
      const end = shared + suffix.length;
      if (end > path.length) path = Buffer.concat([path.subarray(0, shared)], 2 * end);
      path.set(suffix, shared);
      yield decodeRecord(reader, decodeName(path.subarray(0, end)));
    }
  }
}

function sharedLength(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length, MOST_SHARED);
  let i = 0;
  while (i < most && a[i] === b[i]) i++;
  return i;
}
