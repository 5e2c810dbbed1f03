import { type Digest, digestOf } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import { LayerBuilder } from "./layer-builder.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import { storedSize } from "./tar-writer.ts";

export interface PackTask {
  readonly kind: "pack";
  /** Sorted by path, each path once, every parent directory among them. */
  readonly entries: readonly Entry[];
  /** A fresh directory to fill. */
  readonly directory: string;
  readonly form: SnapshotForm;
}

/** Makes a layer from entries and the bytes of their files, which are pushed one after the other without anything between them. */
export class PackRun {
  readonly #entries: readonly Entry[];
  readonly #builder: LayerBuilder;
  #at = 0;
  /** Bytes that the file under way still lacks; 0 between files. */
  #left = 0;

  constructor({ entries, directory, form }: PackTask) {
    this.#entries = entries;
    this.#builder = new LayerBuilder(new SnapshotWriter(directory, form));
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
    const entry = this.#entries[this.#at++]!;
    this.#left = storedSize(entry);
    this.#builder.beginFile(entry);
  }

  /** Adds what has no bytes of its own, up to the next file that has. */
  #addEmpty(): void {
    for (; this.#at < this.#entries.length; this.#at++) {
      const entry = this.#entries[this.#at]!;
      if (storedSize(entry) > 0) return;
      const isFile = entry.type === "file" && entry.hardLink === undefined;
      this.#builder.add(isFile ? { ...entry, digest: EMPTY } : entry, { kind: "none" });
    }
  }
}

const EMPTY = digestOf("");
