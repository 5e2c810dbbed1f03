import { createHash } from "node:crypto";
import { closeSync, fstatSync, read } from "node:fs";
import { promisify } from "node:util";
import { throwIfAborted } from "../../core/cleanup-scope.ts";
import { finishDigest } from "../../core/digest.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { Entry } from "../../core/file-tree.ts";
import { looksLikeTar } from "../../layer/archive-entries.ts";
import type { FileWitness } from "../../layer/change.ts";
import { decompressor, detectCompression } from "../../layer/compression.ts";
import { checkSource, openSource, sourceChanged } from "../../layer/source-file.ts";

/** A file that an ADD may unpack. `entry` has the digest that counts for the cache key. */
export interface ArchiveSource {
  readonly entry: Entry;
  readonly path: string;
  readonly witness?: FileWitness | undefined;
}

const HEAD = 1024;
const TAR_HEADER = 512;
const CHUNK = 1024 * 1024;

/**
 * Opens a file where it is a tar archive, plain or in a compression that ADD knows; the name does not matter (SPEC AD-01). Undefined
 * where it is none. Throws `SOURCE_CHANGED` where the file is not what the entry says.
 */
export async function openArchive(
  source: ArchiveSource,
  signal: AbortSignal,
): Promise<ArchiveFile | undefined> {
  // What has no bytes may be a socket, which cannot be opened.
  if (source.entry.size === 0) return undefined;
  const file = new ArchiveFile(source);
  let archive: ArchiveFile | undefined;
  try {
    archive = (await file.isArchive(signal)) ? file : undefined;
    if (!archive) await file.verify(signal);
    return archive;
  } finally {
    if (!archive) await file.close();
  }
}

/** One open file: whatever takes its place on disk, it is this one that is looked at and unpacked. */
export class ArchiveFile {
  readonly #source: ArchiveSource;
  readonly #fd: number;
  /** A read under way: until it is over the descriptor must not be closed, for its number would be given to another file. */
  #reading: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(source: ArchiveSource) {
    const { entry, path, witness } = source;
    this.#source = source;
    this.#fd = openSource(entry, path, witness);
    try {
      checkSource(entry, fstatSync(this.#fd));
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  async isArchive(signal: AbortSignal): Promise<boolean> {
    const head = await this.#read(0, HEAD);
    const compression = detectCompression(head);
    if (!compression) return looksLikeTar(head);
    try {
      return looksLikeTar(await firstBytes(decompressor(compression, this.#bytes(signal)), TAR_HEADER));
    } catch (error) {
      throwIfAborted(signal);
      return isChange(error) ? Promise.reject(error) : false;
    }
  }

  /** Throws `SOURCE_CHANGED` where a file of a context has been written to, so that what was seen of it may not be what was hashed. */
  async verify(signal: AbortSignal): Promise<void> {
    const { witness } = this.#source;
    if (witness && !witness.isUnchanged(fstatSync(this.#fd, { bigint: true }))) await this.#readAll(signal);
  }

  /** The archive, uncompressed. Ends with `SOURCE_CHANGED` where the bytes were not those of the entry's digest. */
  async *contents(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const compression = detectCompression(await this.#read(0, HEAD));
    const bytes = this.#bytes(signal);
    yield* compression ? decompressor(compression, bytes) : bytes;
  }

  /** What went wrong when the contents were read: somebody's writing, where the file was written to. */
  async explain(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (isChange(error) || signal.aborted) return error;
    return this.#readAll(signal).then(
      () => error,
      (reason: unknown) => (isChange(reason) ? reason : error),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading.catch(() => {});
    closeSync(this.#fd);
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#bytes(signal));
  }

  async *#bytes(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { entry } = this.#source;
    const content = createHash("sha256");
    let at = 0;
    for (let chunk = await this.#read(at, CHUNK); chunk.length > 0; chunk = await this.#read(at, CHUNK)) {
      throwIfAborted(signal);
      at += chunk.length;
      if (at > entry.size) throw sourceChanged(entry, "it became longer");
      content.update(chunk);
      yield chunk;
    }
    if (entry.digest !== undefined && finishDigest(content) !== entry.digest)
      throw sourceChanged(entry, "its bytes are not those that were hashed before");
  }

  async #read(position: number, length: number): Promise<Buffer> {
    if (this.#isClosed) throw new TypeError("an archive was read after it had been closed");
    const reading = readAt(this.#fd, Buffer.allocUnsafe(length), 0, length, position);
    this.#reading = reading;
    const { bytesRead, buffer } = await reading;
    return buffer.subarray(0, bytesRead);
  }
}

const readAt = promisify(read) as unknown as (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
) => Promise<{ readonly bytesRead: number; readonly buffer: Buffer }>;

function isChange(error: unknown): boolean {
  return error instanceof SlipwayError && error.code === "SOURCE_CHANGED";
}

async function firstBytes(stream: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    have += chunk.length;
    if (have >= length) break;
  }
  return Buffer.concat(chunks);
}
