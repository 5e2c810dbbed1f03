import { type Digest, digestOf } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import { LayerBuilder } from "./layer-builder.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import { storedSize } from "./tar-writer.ts";
import { Toc } from "./toc.ts";

export interface PackTask {
  readonly kind: "pack";
  /** Encoded entries, sorted by path, each path once, every parent directory among them; files may lack their digest. */
  readonly toc: Uint8Array;
  /** The paths that hard links among them name. */
  readonly linkedTo: ReadonlySet<string>;
  /** A fresh directory to fill. */
  readonly directory: string;
  readonly form: SnapshotForm;
}

/** Makes a layer from entries and the bytes of their files, which are pushed one after the other without anything between them. */
export class PackRun {
  readonly #entries: Iterator<Entry>;
  readonly #builder: LayerBuilder;
  /** The entry that is to be added next. */
  #next: Entry | undefined;
  /** Bytes that the file under way still lacks; 0 between files. */
  #left = 0;

  constructor({ toc, linkedTo, directory, form }: PackTask) {
    this.#entries = Toc.open(toc).entries();
    this.#builder = new LayerBuilder(new SnapshotWriter(directory, form), (path) => linkedTo.has(path));
    this.#advance();
  }

  /** `digests`: of the files that end in these bytes, in order. */
  push(bytes: Buffer, digests: readonly Digest[] = []): void {
    let ended = 0;
    for (let from = 0; from < bytes.length; ) {
      if (this.#left === 0) this.#begin();
      const piece = bytes.subarray(from, from + this.#left);
      this.#builder.writeFile(piece);
      from += piece.length;
      this.#left -= piece.length;
      if (this.#left === 0) this.#builder.endFile(digests[ended++]!);
    }
  }

  finish(): PackedLayer {
    this.#addEmpty();
    return this.#builder.finish();
  }

  abandon(): void {
    this.#builder.abandon();
  }

  #begin(): void {
    this.#addEmpty();
    const entry = this.#next!;
    this.#advance();
    this.#left = storedSize(entry);
    this.#builder.beginFile(entry);
  }

  /** Adds what has no bytes of its own, up to the next file that has. */
  #addEmpty(): void {
    for (; this.#next && storedSize(this.#next) === 0; this.#advance()) {
      const entry = this.#next;
      const isFile = entry.type === "file" && entry.hardLink === undefined;
      this.#builder.add(isFile ? { ...entry, digest: EMPTY } : entry, { kind: "none" });
    }
  }

  #advance(): void {
    const next = this.#entries.next();
    this.#next = next.done ? undefined : next.value;
  }
}

const EMPTY = digestOf("");
