import { type Digest, digestOf } from "../core/digest.ts";
import { type Entry, withDigest } from "../core/file-tree.ts";
import { ArchiveFile } from "./archive-file.ts";
import { type EarlierArchive, EarlierArchiveReader } from "./earlier-archive.ts";
import { LayerBuilder } from "./layer-builder.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import { storedSize } from "./tar-writer.ts";
import { Toc } from "./toc.ts";

/** What is kept of a layer's bytes: its files in a fresh directory, which becomes the snapshot, or its archive as one new file. */
export type PackTarget =
  | { readonly kind: "snapshot"; readonly directory: string; readonly form: SnapshotForm }
  | { readonly kind: "archive"; readonly file: string };

export interface PackTask {
  readonly kind: "pack";
  /** Encoded entries, sorted by path, each path once, every parent directory among them; files may lack their digest. */
  readonly toc: Uint8Array;
  /** The paths that hard links among them name. */
  readonly linkedTo: ReadonlySet<string>;
  readonly target: PackTarget;
  /** Where the bytes of some files are: those with a 1 in `unchanged`, which has one number for each entry. */
  readonly earlier?: EarlierArchive & { readonly unchanged: Uint8Array };
}

/** Makes a layer from entries and the bytes of their files, which are pushed one after the other without anything between them. */
export class PackRun {
  readonly #entries: Iterator<Entry>;
  readonly #unchanged: Uint8Array | undefined;
  readonly #earlier: EarlierArchiveReader | undefined;
  readonly #file: ArchiveFile | undefined;
  readonly #builder: LayerBuilder;
  /** The entry that is to be added next, and its place among all. */
  #next: Entry | undefined;
  #index = -1;
  /** Bytes that the file under way still lacks; 0 between files. */
  #left = 0;

  constructor({ toc, linkedTo, target, earlier }: PackTask) {
    const entries = Toc.open(toc);
    this.#entries = entries.entries();
    const tocBytes = toc.length + entries.count * (DIGEST_BYTES + 1);
    this.#unchanged = earlier?.unchanged;
    const isLinkedTo = (path: string) => linkedTo.has(path);
    if (target.kind === "archive") {
      const file = new ArchiveFile(target.file);
      this.#file = file;
      this.#builder = new LayerBuilder({ tocBytes, isLinkedTo, keep: (bytes) => file.write(bytes) });
    } else {
      this.#builder = new LayerBuilder({
        tocBytes,
        isLinkedTo,
        writer: new SnapshotWriter(target.directory, target.form),
      });
    }
    this.#earlier = earlier && this.#openEarlier(earlier);
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
    this.#addUnpushed();
    const packed = this.#builder.finish();
    this.#close();
    return packed;
  }

  abandon(): void {
    this.#builder.abandon();
    this.#close();
  }

  #openEarlier(earlier: EarlierArchive): EarlierArchiveReader {
    try {
      return new EarlierArchiveReader(earlier);
    } catch (error) {
      // Nobody can abandon what was never made.
      this.#close();
      throw error;
    }
  }

  #close(): void {
    this.#file?.close();
    this.#earlier?.close();
  }

  #begin(): void {
    this.#addUnpushed();
    const entry = this.#next!;
    this.#advance();
    this.#left = storedSize(entry);
    this.#builder.beginFile(entry);
  }

  /** Adds what is not pushed, up to the next file that is. */
  #addUnpushed(): void {
    for (; this.#next; this.#advance()) {
      if (storedSize(this.#next) === 0) this.#addEmpty(this.#next);
      else if (this.#unchanged?.[this.#index] === 1) this.#addUnchanged(this.#next);
      else return;
    }
  }

  #addEmpty(entry: Entry): void {
    const isFile = entry.type === "file" && entry.hardLink === undefined;
    this.#builder.add(isFile ? withDigest(entry, EMPTY) : entry, { kind: "none" });
  }

  #addUnchanged(entry: Entry): void {
    const earlier = this.#earlier!;
    earlier.seek(entry);
    this.#builder.beginFile(entry);
    this.#builder.endFile(earlier.read((bytes) => this.#builder.writeFile(bytes)));
  }

  #advance(): void {
    const next = this.#entries.next();
    this.#next = next.done ? undefined : next.value;
    this.#index++;
  }
}

const EMPTY = digestOf("");
/** What most entries have in the end beyond what they came with. */
const DIGEST_BYTES = 32;
