import { closeSync } from "node:fs";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { type Entry, withDigest } from "../core/file-tree.ts";
import { ArchiveHash } from "./archive-hash.ts";
import type { ByteSource } from "./change.ts";
import { copyBytes, writeFull } from "./copy-bytes.ts";
import { isHole } from "./holes.ts";
import type { PackedLayer } from "./packed-layer.ts";
import { parentOf } from "./resolve.ts";
import type { SnapshotWriter } from "./snapshot-writer.ts";
import { entryHeader, paddingAfter, TAR_END } from "./tar-writer.ts";
import { ContentHash, TocWriter } from "./toc-writer.ts";
import { BARE_ROOT } from "./tree.ts";

const CAPABILITY = "security.capability";

/** A file under way; `fd` where it is written, too. */
interface OpenFile {
  readonly entry: Entry;
  readonly fd: number | undefined;
  /** Position of the next byte, and where the last written one ended: zeros become holes. */
  at: number;
  written: number;
}

export interface LayerBuilderOptions {
  /** Writes the files. */
  readonly writer?: SnapshotWriter;
  /** Whether a hard link that comes later may name this path. */
  readonly isLinkedTo?: (path: string) => boolean;
  /** See `ArchiveHash`. */
  readonly keep?: (bytes: Uint8Array) => void;
  /** How many bytes the table of contents will about have. */
  readonly tocBytes?: number;
}

/**
 * Makes a layer from entries that come in path order: hashes the archive that they stand for, encodes the table of contents and,
 * where it has a writer, writes the files, all in one pass over the bytes. Nothing of the archive is kept here, and of the entries only
 * directories and what hard links may name.
 */
export class LayerBuilder {
  readonly #writer: SnapshotWriter | undefined;
  readonly #archive: ArchiveHash;
  readonly #toc: TocWriter;
  readonly #content = new ContentHash();
  readonly #isLinkedTo: (path: string) => boolean;
  readonly #linkedTo = new Map<string, Entry>();
  readonly #directories: Entry[] = [];
  #fileBytes = 0;
  /** The directories that lead to the last entry, outermost first. */
  readonly #open: string[] = [];
  #file: OpenFile | undefined;

  constructor({ writer, isLinkedTo = () => true, keep, tocBytes }: LayerBuilderOptions = {}) {
    this.#writer = writer;
    this.#isLinkedTo = isLinkedTo;
    this.#archive = new ArchiveHash(keep);
    this.#toc = new TocWriter(tocBytes);
  }

  /**
   * Adds an entry. A file gets its digest, and where it has one already it must be that of its bytes. Throws `SOURCE_CHANGED` where
   * the bytes are not what the entry says, `INTERNAL` where the parent directory was not added before.
   */
  add(entry: Entry, bytes: ByteSource): void {
    this.#enterParent(entry.path);
    const clean = withOnlyCapability(entry);
    if (clean.hardLink !== undefined) this.#addLink(clean, clean.hardLink);
    else if (clean.type === "file") this.#addFile(clean, bytes);
    else this.#addOther(clean);
  }

  /** Begins a file whose bytes come in pieces: all of them go to `writeFile`, then comes `endFile`. */
  beginFile(entry: Entry): void {
    this.#enterParent(entry.path);
    this.#file = this.#openFile(withOnlyCapability(entry));
  }

  writeFile(bytes: Uint8Array): void {
    this.#archive.update(bytes);
    const file = this.#file!;
    if (file.fd !== undefined && !isHole(bytes)) {
      writeFull(file.fd, bytes, file.at);
      file.written = file.at + bytes.length;
    }
    file.at += bytes.length;
  }

  /** The caller has seen to it that the digest is that of the bytes, and that they are as many as the entry says. */
  endFile(digest: Digest): void {
    const file = this.#file!;
    this.#file = undefined;
    this.#closeFile(file, digest, file.written);
  }

  /** Lets go of a file that was begun. */
  abandon(): void {
    const fd = this.#file?.fd;
    this.#file = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  /** Ends the layer; the builder must not be used any more. */
  finish(): PackedLayer {
    this.#archive.update(TAR_END);
    this.#settleDirectories();
    const tarSize = this.#archive.size;
    const diffId = this.#archive.finish();
    const contentDigest = this.#content.finish();
    const { count } = this.#toc;
    const info = { diffId, tarSize, contentDigest, entries: count, fileBytes: this.#fileBytes };
    return { toc: this.#toc.finish(), info };
  }

  #note(entry: Entry): void {
    this.#toc.add(entry);
    this.#content.add(entry);
    if (entry.hardLink !== undefined) return;
    this.#fileBytes += entry.size;
    if (entry.type === "dir") this.#directories.push(entry);
    else if (this.#isLinkedTo(entry.path)) this.#linkedTo.set(entry.path, entry);
  }

  #addOther(entry: Entry): void {
    this.#archive.update(entryHeader(entry));
    this.#note(entry);
    if (entry.type !== "dir") {
      this.#writer?.writeOther(entry);
      return;
    }
    this.#open.push(entry.path);
    this.#writer?.makeDirectory(entry.path);
  }

  #addLink(entry: Entry, first: string): void {
    const target = this.#linkedTo.get(first);
    if (!target)
      throw defect(`"${printableName(entry.path)}" is a hard link to a file that is not in the layer`);
    const { size, digest } = target;
    const link = { ...entry, size, ...(digest ? { digest } : {}) };
    this.#archive.update(entryHeader(link));
    this.#note(link);
    if (link.type === "file") this.#writer?.link(first, link);
    else this.#writer?.writeOther(link);
  }

  #addFile(entry: Entry, bytes: ByteSource): void {
    const file = this.#openFile(entry);
    this.#closeFile(file, copyBytes(entry, bytes, { archive: this.#archive, fd: file.fd }));
  }

  #openFile(entry: Entry): OpenFile {
    this.#archive.update(entryHeader(entry));
    return { entry, fd: this.#writer?.openFile(entry.path), at: 0, written: 0 };
  }

  #closeFile({ entry, fd }: OpenFile, digest: Digest, written = entry.size): void {
    this.#archive.update(paddingAfter(entry.size));
    const complete = withDigest(entry, digest);
    this.#note(complete);
    if (fd !== undefined) this.#writer!.closeFile(fd, complete, written);
  }

  /** Without this check a link that was added before could become a component of a path on disk. */
  #enterParent(path: string): void {
    if (path === "") return;
    const parent = parentOf(path);
    while (this.#open.length > 0 && this.#open.at(-1) !== parent) {
      const last = this.#open.at(-1)!;
      if (parent.startsWith(`${last}/`)) break;
      this.#open.pop();
    }
    if (parent !== "" && this.#open.at(-1) !== parent)
      throw defect(`"${printableName(path)}" comes without its parent directory`);
  }

  #settleDirectories(): void {
    if (!this.#writer) return;
    for (let i = this.#directories.length - 1; i >= 0; i--)
      this.#writer.settleDirectory(this.#directories[i]!);
    if (this.#directories[0]?.path !== "") this.#writer.settleDirectory(BARE_ROOT);
  }
}

/** Other attributes do not leave in archives (SPEC LT-05), so the layer does not have them here either. */
function withOnlyCapability(entry: Entry): Entry {
  if (!entry.xattrs) return entry;
  const { xattrs, ...rest } = entry;
  const value = entry.type === "file" ? xattrs[CAPABILITY] : undefined;
  return value ? { ...rest, xattrs: { [CAPABILITY]: value } } : rest;
}

function defect(message: string): SlipwayError<"INTERNAL"> {
  return new SlipwayError("INTERNAL", message);
}
