import { createHash } from "node:crypto";
import { type Digest, finishDigest } from "../core/digest.ts";

/** Small pieces are gathered up to this size, since each update of a hash costs as much as hashing a few kilobytes. */
const WINDOW_BYTES = 1024 * 1024;

/** Hashes an archive while its pieces pass by. */
export class ArchiveHash {
  readonly #keep: ((bytes: Uint8Array) => void) | undefined;
  readonly #hash = createHash("sha256");
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #used = 0;
  #size = 0;

  /** `keep`: given all bytes of the archive, in order; they are good until it returns. Without it none are kept. */
  constructor(keep?: (bytes: Uint8Array) => void) {
    this.#keep = keep;
  }

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
      this.#take(bytes);
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
    const used = this.#window.subarray(0, this.#used);
    this.#used = 0;
    this.#take(used);
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#keep?.(bytes);
    this.#size += bytes.length;
  }
}
