import type { Hash } from "node:crypto";
import { renameSync, statSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, finishDigest, hexOf } from "../core/digest.ts";
import { describeSystemError, isSlipwayError, SlipwayError } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { hashFile, writeAll } from "./file-chunks.ts";
import type { Locks } from "./lock.ts";
import { partialLock } from "./partial-folder.ts";
import type { StorePaths } from "./paths.ts";

/**
 * A download that survives the process. Append from `length` on; then `finish`, or `close` to leave it for later, or
 * `discard`. One of the three must be called: until then others who want the same blob wait.
 */
export interface PartialBlob {
  /** Bytes that are there. */
  readonly length: number;
  /** Somebody else has finished the blob in the meantime: nothing to do but `close`. */
  readonly isComplete: boolean;
  /** Throws `DISK_FULL`, and then nothing of the download is kept: what cannot be finished must not hold the space. */
  append(chunk: Uint8Array): Promise<void>;
  /** Verifies the whole and puts it in its place. Throws `DIGEST_MISMATCH`, and then nothing of the download is kept. */
  finish(): Promise<void>;
  discard(): Promise<void>;
  close(): Promise<void>;
}

interface Opening {
  readonly paths: StorePaths;
  readonly locks: Locks;
  readonly digest: Digest;
  /** Called when `finish` has put the blob in its place. */
  readonly onStored: () => void;
  readonly signal?: AbortSignal;
}

export async function openPartial({ paths, locks, digest, onStored, signal }: Opening): Promise<PartialBlob> {
  const release = await locks.acquire(partialLock(hexOf(digest)), signal ? { signal } : {});
  try {
    const target = paths.blob(digest);
    const isComplete = statSync(target, { throwIfNoEntry: false }) !== undefined;
    makeFolders(paths.partial, 0o700);
    const path = join(paths.partial, hexOf(digest));
    const file = await open(path, "a+", 0o644);
    // One that is being resumed is not old, however long it has lain there: nobody may sweep it now.
    await file.utimes(new Date(), new Date());
    // What an earlier process left counts only after it has been hashed here.
    const { hash, size } = await hashFile(file);
    return new Partial({ path, target, digest, file, release, onStored, isComplete }, hash, size);
  } catch (error) {
    release();
    throw describeSystemError(error, "opening an unfinished download");
  }
}

interface Place {
  readonly path: string;
  readonly target: string;
  readonly digest: Digest;
  readonly file: FileHandle;
  readonly release: () => void;
  readonly onStored: () => void;
  readonly isComplete: boolean;
}

class Partial implements PartialBlob {
  readonly #place: Place;
  readonly #hash: Hash;
  #length: number;
  #isOpen = true;

  constructor(place: Place, hash: Hash, length: number) {
    this.#place = place;
    this.#hash = hash;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  get isComplete(): boolean {
    return this.#place.isComplete;
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      const written = writeAll(this.#place.file, chunk);
      // Meanwhile: the write is another thread's work.
      this.#hash.update(chunk);
      await written;
    } catch (error) {
      const described = describeSystemError(error, `writing a download to ${this.#place.path}`);
      if (isSlipwayError(described, "DISK_FULL")) await this.discard();
      throw described;
    }
    this.#length += chunk.length;
  }

  async finish(): Promise<void> {
    const { path, target, digest, onStored } = this.#place;
    const actual = finishDigest(this.#hash);
    if (actual !== digest) {
      await this.discard();
      throw new SlipwayError(
        "DIGEST_MISMATCH",
        `content is not ${digest}: its bytes have the digest ${actual}`,
        {
          hint: "the copy is damaged: fetch it again",
          facts: { digest, actual },
        },
      );
    }
    try {
      renameSync(path, target);
      onStored();
    } catch (error) {
      throw describeSystemError(error, "storing a blob");
    } finally {
      await this.close();
    }
  }

  async discard(): Promise<void> {
    try {
      await rm(this.#place.path, { force: true });
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#place.file.close();
      if (this.#place.isComplete || this.#length === 0) await rm(this.#place.path, { force: true });
    } finally {
      this.#place.release();
    }
  }
}
