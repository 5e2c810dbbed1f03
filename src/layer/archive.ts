import { createHash, type Hash } from "node:crypto";
import * as fs from "node:fs";
import { Readable } from "node:stream";
import { type Digest, finishDigest } from "../core/digest.ts";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { READ_FLAGS } from "../sys/open-without-links.ts";
import { entryHeader, paddingAfter, storedSize, TAR_END } from "./tar-writer.ts";
import type { Toc } from "./toc.ts";

const CHUNK = 256 * 1024;

export interface ArchiveOptions {
  /** Checked when the end is reached: the stream fails with `DIGEST_MISMATCH` instead of ending where it differs. */
  readonly diffId?: Digest;
}

/**
 * The tar archive of a layer that was made here, from its table of contents and its snapshot in `directory` (DESIGN decision 2): byte for
 * byte what its diff ID was computed over. Fails with `DIGEST_MISMATCH` where a file of the snapshot is missing or has another size.
 */
export function layerArchive(toc: Toc, directory: string, options: ArchiveOptions = {}): Readable {
  const chunks = archiveChunks(layerFiles(toc, directory));
  const checked = options.diffId === undefined ? chunks : verified(chunks, options.diffId);
  return Readable.from(checked, { objectMode: false, highWaterMark: 2 * CHUNK });
}

/** The archive of a layer that was kept as one file. Fails with `DIGEST_MISMATCH` at its end where it is not the layer `diffId`. */
export function keptArchive(file: string, diffId: Digest): Readable {
  const chunks = fs.createReadStream(file, { highWaterMark: CHUNK });
  return Readable.from(verifiedStream(chunks, diffId), { objectMode: false, highWaterMark: 2 * CHUNK });
}

/** The archive of `toc`, which has the entries of `original` with other metadata; their bytes are in the archive of `original`. */
export function changedArchive(toc: Toc, original: Toc, file: string): Readable {
  const chunks = archiveChunks(filesWithin(toc, original, file));
  return Readable.from(chunks, { objectMode: false, highWaterMark: 2 * CHUNK });
}

function* filesWithin(toc: Toc, original: Toc, file: string): Generator<ArchivedFile> {
  const entries = toc.entries();
  let end = 0;
  for (const before of original.entries()) {
    const at = end + entryHeader(before).length;
    const size = storedSize(before);
    end = at + size + paddingAfter(size).length;
    yield [entries.next().value!, file, at];
  }
}

/** An entry and where its bytes lie: they are all of a file, or what comes `at` some place in it. Entries without bytes need no path. */
export type ArchivedFile = readonly [entry: Entry, path: string, at?: number];

function* layerFiles(toc: Toc, directory: string): Generator<ArchivedFile> {
  for (const entry of toc.entries()) yield [entry, `${directory}/${entry.path}`];
}

/**
 * A tar archive of these entries, in their order. Reads synchronously, a chunk at a time: small files cost one round through the
 * event loop per chunk, not per file. Fails with `DIGEST_MISMATCH` where a file is missing or has another size.
 */
export function* archiveChunks(files: Iterable<ArchivedFile>): Generator<Buffer> {
  const out = new ChunkFiller();
  for (const [entry, path, at] of files) {
    yield* out.add(entryHeader(entry));
    const size = storedSize(entry);
    if (size > 0) yield* readInto(out, entry, path, at);
    yield* out.add(paddingAfter(size));
  }
  yield* out.add(TAR_END);
  yield* out.rest();
}

function* readInto(out: ChunkFiller, entry: Entry, path: string, at?: number): Generator<Buffer> {
  const fd = openStored(path, entry, at);
  let position = at ?? 0;
  try {
    for (let left = entry.size; left > 0; ) {
      const room = out.room();
      const length = fs.readSync(fd, room, 0, Math.min(room.length, left), position);
      if (length === 0) throw notStored(entry, "it is too short");
      left -= length;
      position += length;
      yield* out.commit(length);
    }
  } finally {
    fs.closeSync(fd);
  }
}

function openStored(path: string, entry: Entry, at?: number): number {
  const fd = openOrExplain(path, entry);
  const stat = fs.fstatSync(fd);
  const fits = at === undefined ? stat.size === entry.size : stat.size >= at + entry.size;
  if (stat.isFile() && fits) return fd;
  fs.closeSync(fd);
  throw notStored(entry, `it should have ${entry.size} bytes but has ${stat.size}`);
}

function openOrExplain(path: string, entry: Entry): number {
  try {
    return fs.openSync(fsPath(path), READ_FLAGS);
  } catch (error) {
    const described = describeSystemError(error, "reading a layer");
    throw described === error ? notStored(entry, "it cannot be opened", error) : described;
  }
}

/** Gathers small pieces into chunks of one size. */
class ChunkFiller {
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #used = 0;

  *add(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.copy(this.room(), 0, at);
      at += length;
      yield* this.commit(length);
    }
  }

  room(): Buffer {
    return this.#chunk.subarray(this.#used);
  }

  *commit(length: number): Generator<Buffer> {
    this.#used += length;
    if (this.#used < CHUNK) return;
    yield this.#chunk;
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK);
    this.#used = 0;
  }

  *rest(): Generator<Buffer> {
    if (this.#used > 0) yield this.#chunk.subarray(0, this.#used);
  }
}

function* verified(chunks: Iterable<Buffer>, expected: Digest): Generator<Buffer> {
  const hash: Hash = createHash("sha256");
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  checkDigest(hash, expected);
}

async function* verifiedStream(chunks: AsyncIterable<Buffer>, expected: Digest): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  checkDigest(hash, expected);
}

function checkDigest(hash: Hash, expected: Digest): void {
  const actual = finishDigest(hash);
  if (actual === expected) return;
  throw new SlipwayError("DIGEST_MISMATCH", `the stored files of layer ${expected} were changed`, {
    hint: "build it again",
    facts: { expected, actual },
  });
}

function notStored(entry: Entry, why: string, cause?: unknown): SlipwayError<"DIGEST_MISMATCH"> {
  return new SlipwayError(
    "DIGEST_MISMATCH",
    `a stored file was changed: "${printableName(entry.path)}": ${why}`,
    {
      hint: "build it again",
      facts: { path: entry.path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
