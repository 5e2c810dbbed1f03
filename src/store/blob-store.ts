import { createHash, type Hash } from "node:crypto";
import { chmodSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { type Digest, digestOf, finishDigest } from "../core/digest.ts";
import { describeSystemError, isSlipwayError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { chunksOf, hashFile, writeAll } from "./file-chunks.ts";
import type { Locks } from "./lock.ts";
import { openPartial, type PartialBlob } from "./partial-blob.ts";
import type { StorePaths } from "./paths.ts";
import type { TempArea } from "./temp-area.ts";
import { collect, type Expected, verified } from "./verified.ts";

export interface WriteOptions {
  /** What the bytes must have; without it the digest is whatever the bytes have. */
  readonly digest?: Digest;
  readonly size?: number;
  readonly signal?: AbortSignal;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface BlobStoreParts {
  readonly paths: StorePaths;
  readonly temp: TempArea;
  readonly locks: Locks;
  /** See `StoreOptions`. */
  readonly beforeWrite: () => Promise<void>;
}

/**
 * The blobs of an OCI image layout (OCI image-spec v1.1 §image-layout). They are read through a verifying reader only, and
 * appear under their name by rename once they are verified. They are not synced one by one: a blob that a loss of power
 * has damaged is found by its next reader, which removes it, so that it is fetched or made again.
 */
export class BlobStore {
  readonly #paths: StorePaths;
  readonly #temp: TempArea;
  readonly #locks: Locks;
  readonly #beforeWrite: () => Promise<void>;
  #changes = 0;

  constructor({ paths, temp, locks, beforeWrite }: BlobStoreParts) {
    this.#paths = paths;
    this.#temp = temp;
    this.#locks = locks;
    this.#beforeWrite = beforeWrite;
  }

  /** How many blobs this process has added and removed so far. */
  get changes(): number {
    return this.#changes;
  }

  has(digest: Digest): boolean {
    return existsSync(this.#paths.blob(digest));
  }

  stat(digest: Digest): (BlobInfo & { readonly modifiedMs: number }) | undefined {
    const stat = statSync(this.#paths.blob(digest), { throwIfNoEntry: false });
    return stat && { digest, size: stat.size, modifiedMs: stat.mtimeMs };
  }

  /** Where the file is, for those who hand it to another program; such bytes have not been verified. */
  path(digest: Digest): string {
    return this.#paths.blob(digest);
  }

  /** The bytes, verified as `verified` says. Throws `BLOB_NOT_FOUND`, `DIGEST_MISMATCH`; a damaged blob is removed. */
  async *open(expected: Expected): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest } = expected;
    const file = await this.#openFile(digest);
    try {
      const { size } = await file.stat();
      yield* verified(chunksOf(file), { digest, size: expected.size ?? size });
    } catch (error) {
      if (isSlipwayError(error, "DIGEST_MISMATCH")) await this.#removeIfDamaged(digest);
      throw error;
    } finally {
      await file.close();
    }
  }

  /** A whole blob of at most `limit` bytes; errors as `open`. */
  readBytes(expected: Expected, limit: number): Promise<Buffer> {
    return collect(this.open(expected), limit);
  }

  /** Stores a stream. Idempotent: where the blob is there already, the stream is not read. Throws `DIGEST_MISMATCH`, `DISK_FULL`, `CANCELLED`. */
  async write(source: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<BlobInfo> {
    const { digest, size } = options;
    const present = digest && this.stat(digest);
    if (present && (size === undefined || size === present.size)) return { digest, size: present.size };
    await this.#beforeWrite();
    const temporary = this.#temp.file("blob");
    try {
      const hash = createHash("sha256");
      const promised = size === undefined ? {} : { size };
      const content = digest ? verified(source, { digest, ...promised }) : hashed(source, hash);
      const written = await fillFile(temporary, content, options.signal);
      const name = digest ?? finishDigest(hash);
      renameSync(temporary, this.#paths.blob(name));
      this.#changes += 1;
      return { digest: name, size: written };
    } catch (error) {
      await rm(temporary, { force: true });
      throw describeSystemError(error, "storing a blob");
    }
  }

  /** Takes a file of the same disk as a blob; the caller computed `digest` over its bytes while writing them. */
  adopt(path: string, digest: Digest): void {
    try {
      chmodSync(path, 0o644);
      renameSync(path, this.#paths.blob(digest));
      this.#changes += 1;
    } catch (error) {
      throw describeSystemError(error, "storing a blob");
    }
  }

  async writeBytes(bytes: Uint8Array): Promise<BlobInfo> {
    const digest = digestOf(bytes);
    return this.write(once(bytes), { digest, size: bytes.length });
  }

  /** The unfinished download of a blob, to go on with; one process at a time (others wait). */
  async partial(digest: Digest, options: { readonly signal?: AbortSignal } = {}): Promise<PartialBlob> {
    await this.#beforeWrite();
    const onStored = () => {
      this.#changes += 1;
    };
    return openPartial({ paths: this.#paths, locks: this.#locks, digest, onStored, ...options });
  }

  /** Removes a blob; false where it was not there. For garbage collection and for repair only. */
  delete(digest: Digest): boolean {
    const isThere = this.has(digest);
    rmSync(this.#paths.blob(digest), { force: true });
    this.#changes += 1;
    return isThere;
  }

  /** Reads a blob to its end; false (and it is removed) where its bytes are wrong. Throws `BLOB_NOT_FOUND`. */
  async check(digest: Digest): Promise<boolean> {
    try {
      for await (const _ of this.open({ digest }));
      return true;
    } catch (error) {
      if (isSlipwayError(error, "DIGEST_MISMATCH")) return false;
      throw error;
    }
  }

  async #openFile(digest: Digest): Promise<FileHandle> {
    try {
      return await open(this.#paths.blob(digest), "r");
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw describeSystemError(error, "reading a blob");
      throw new SlipwayError("BLOB_NOT_FOUND", `the store has no blob ${digest}`, { facts: { digest } });
    }
  }

  /** The promise that was broken may have been the caller's: only bytes that do not fit their own name are removed. */
  async #removeIfDamaged(digest: Digest): Promise<void> {
    const file = await open(this.#paths.blob(digest), "r").catch(() => undefined);
    if (!file) return;
    try {
      const { hash } = await hashFile(file);
      if (finishDigest(hash) !== digest) this.delete(digest);
    } finally {
      await file.close();
    }
  }
}

/** Fills a new file; gives the number of bytes. */
async function fillFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await open(path, "wx", 0o644);
  let size = 0;
  try {
    for await (const chunk of content) {
      throwIfAborted(signal);
      await writeAll(file, chunk);
      size += chunk.length;
    }
  } finally {
    await file.close();
  }
  throwIfAborted(signal);
  return size;
}

async function* hashed(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
