import { createHash } from "node:crypto";
import { type Digest, finishDigest } from "../core/digest.ts";

/** Small pieces are gathered up to this size, since each update of a hash costs as much as hashing a few kilobytes. */
const WINDOW_BYTES = 1024 * 1024;

/** Hashes an archive while its pieces pass by, without keeping it. */
export class ArchiveHash {
  readonly #hash = createHash("sha256");
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #used = 0;
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size + this.#used;
  }

  /** Room for `length` (at most 1 MiB) bytes that the caller fills; they count once `commit` says how many there are. */
  room(length: number): Buffer {
    if (this.#used + length > WINDOW_BYTES) this.#flush();
    return this.#window.subarray(this.#used, this.#used + length);
  }

  commit(length: number): void {
    this.#used += length;
  }

  update(bytes: Uint8Array): void {
    if (bytes.length > WINDOW_BYTES / 4) {
      this.#flush();
      this.#hash.update(bytes);
      this.#size += bytes.length;
      return;
    }
    this.room(bytes.length).set(bytes);
    this.#used += bytes.length;
  }

  finish(): Digest {
    this.#flush();
    return finishDigest(this.#hash);
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#hash.update(this.#window.subarray(0, this.#used));
    this.#size += this.#used;
    this.#used = 0;
  }
}
