import type { Entry } from "../core/file-tree.ts";
import { cleanName, layerName } from "./archive-name.ts";
import type { TarEntry } from "./tar-entry.ts";
import { invalidTar } from "./tar-header.ts";
import { TarReader, type TarSink } from "./tar-reader.ts";
import { entryHeader, paddingAfter, storedSize } from "./tar-writer.ts";
import type { Toc } from "./toc.ts";

/** A file of a layer with all of its bytes. */
export interface LayerFile {
  readonly entry: Entry;
  readonly bytes: Buffer;
}

/** Some files of a layer's archive, picked out while it streams past. Nothing else of it is kept. Throws `LAYER_INVALID`. */
export async function* archivedFiles(
  archive: AsyncIterable<Uint8Array>,
  wanted: ReadonlyMap<string, Entry>,
): AsyncGenerator<LayerFile> {
  const picker = new Picker(wanted);
  const reader = new TarReader(picker);
  for await (const chunk of archive) {
    reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    yield* picker.take();
  }
  reader.finish();
  yield* picker.take();
}

class Picker implements TarSink {
  readonly #wanted: ReadonlyMap<string, Entry>;
  #found: LayerFile[] = [];
  #current: { readonly entry: Entry; readonly bytes: Buffer; at: number } | undefined;

  constructor(wanted: ReadonlyMap<string, Entry>) {
    this.#wanted = wanted;
  }

  begin(member: TarEntry): void {
    this.#current = undefined;
    if (member.type !== "file") return;
    const name = layerName(cleanName(member.name));
    const entry = name.kind === "entry" ? this.#wanted.get(name.path) : undefined;
    if (entry?.size === member.size) this.#current = { entry, bytes: Buffer.alloc(member.size), at: 0 };
  }

  data(chunk: Buffer): void {
    const current = this.#current;
    if (current) current.at += chunk.copy(current.bytes, current.at);
  }

  hole(length: number): void {
    if (this.#current) this.#current.at += length;
  }

  end(): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    if (current.at !== current.bytes.length) throw invalidTar("it ends in the middle of an entry");
    this.#found.push({ entry: current.entry, bytes: current.bytes });
  }

  take(): LayerFile[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

/** Where the bytes of files begin in the archive that is made of a table of contents. */
export function* archivedPlaces(
  toc: Toc,
  wanted: ReadonlyMap<string, Entry>,
): Generator<readonly [Entry, number]> {
  let end = 0;
  for (const entry of toc.entries()) {
    const at = end + entryHeader(entry).length;
    const size = storedSize(entry);
    end = at + size + paddingAfter(size).length;
    const found = size > 0 && wanted.get(entry.path);
    if (found) yield [found, at];
  }
}
