import { createHash, hash } from "node:crypto";
import * as fs from "node:fs";
import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { type Digest, digestOf, finishDigest } from "../core/digest.ts";
import { describeSystemError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ByteSource, Change } from "./change.ts";
import { checkSource, openSource, readFull, sourceChanged } from "./source-file.ts";
import { storedSize } from "./tar-writer.ts";

export const PIECE_BYTES = 1024 * 1024;

/** A run of bytes out of one or more files, and the digests of the files that end in it. The receiver may move the buffer away. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digests: readonly Digest[];
}

type FileSource = Extract<ByteSource, { kind: "path" }>;

/**
 * The bytes of all files of a layer, one after the other, each read once; other work gets a turn after every piece. Throws
 * `SOURCE_CHANGED` where a file is not, or does not stay, what its entry says, and `CANCELLED`.
 */
export class FileReader {
  readonly #changes: Iterable<Change>;
  readonly #skipped: Uint8Array | undefined;
  readonly #spare: ArrayBuffer[] = [];
  /** No more than there is to read: most steps copy a little. */
  readonly #pieceBytes: number;
  #filling: Buffer<ArrayBuffer> | undefined;
  #used = 0;
  #digests: Digest[] = [];

  /** `bytes`: how many all files have. `skipped`: has a 1 for each change whose bytes are not wanted. */
  constructor(changes: Iterable<Change>, bytes: number, skipped?: Uint8Array) {
    this.#changes = changes;
    this.#skipped = skipped;
    this.#pieceBytes = Math.min(PIECE_BYTES, bytes);
  }

  async *pieces(signal?: AbortSignal): AsyncGenerator<Piece> {
    try {
      for (const piece of this.#read()) {
        yield piece;
        await setImmediate();
        throwIfAborted(signal);
      }
    } catch (error) {
      throw describeSystemError(error, "reading files for a layer");
    }
  }

  /** Takes back the memory of a piece. */
  recycle(buffer: ArrayBuffer): void {
    if (buffer.byteLength === this.#pieceBytes) this.#spare.push(buffer);
  }

  *#read(): Generator<Piece> {
    let i = 0;
    for (const change of this.#changes) {
      if (this.#skipped?.[i++] === 1) continue;
      const { entry } = change;
      if (entry.type !== "file" || entry.hardLink !== undefined) continue;
      const { bytes } = change;
      if (bytes.kind === "path") yield* this.#readFile(entry, bytes);
      else yield* this.#readMemory(entry, bytes.kind === "bytes" ? bytes.bytes : new Uint8Array(0));
    }
    if (this.#used > 0) yield this.#take();
  }

  *#readMemory(entry: Entry, bytes: Uint8Array): Generator<Piece> {
    if (bytes.length !== entry.size)
      throw sourceChanged(entry, `it has ${bytes.length} bytes, not ${entry.size}`);
    const digest = expected(entry, digestOf(bytes));
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === this.#pieceBytes) yield this.#take();
      const part = bytes.subarray(at, at + this.#pieceBytes - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
    this.#end(entry, digest);
  }

  *#readFile(entry: Entry, source: FileSource): Generator<Piece> {
    const readAt = Date.now();
    const fd = openSource(entry, source.path, source.witness);
    try {
      const stat = fs.fstatSync(fd, { bigint: true });
      checkSource(entry, stat);
      const isKnown = entry.digest !== undefined && source.witness?.isUnchanged(stat) === true;
      if (entry.size <= this.#pieceBytes && this.#used + entry.size > this.#pieceBytes) yield this.#take();
      const read = yield* this.#readBytes(fd, entry, !isKnown);
      const digest = read === undefined ? entry.digest! : expected(entry, read);
      if (source.witness) {
        const isSame = sameFile(stat, fs.fstatSync(fd, { bigint: true }));
        // Bytes that were hashed before, and now again, are what they were whoever touched the file.
        if (!isSame && (isKnown || entry.digest === undefined))
          throw sourceChanged(entry, "somebody wrote to it");
        if (isSame && read !== undefined) source.witness.wasRead(read, stat, readAt);
      }
      this.#end(entry, digest);
    } finally {
      fs.closeSync(fd);
    }
  }

  *#readBytes(fd: number, entry: Entry, wantsDigest: boolean): Generator<Piece, Digest | undefined> {
    const whole = entry.size <= this.#pieceBytes - this.#used;
    const running = wantsDigest && !whole ? createHash("sha256") : undefined;
    let bytes = this.#buffer.subarray(0, 0);
    for (let left = entry.size; left > 0; left -= bytes.length) {
      if (this.#used === this.#pieceBytes) yield this.#take();
      bytes = this.#buffer.subarray(this.#used, Math.min(this.#used + left, this.#pieceBytes));
      readFull(fd, bytes, entry);
      running?.update(bytes);
      this.#used += bytes.length;
    }
    if (!wantsDigest) return undefined;
    return running ? finishDigest(running) : `sha256:${hash("sha256", bytes, "hex")}`;
  }

  /** A digest goes with the piece that has the file's last byte; empty files have none. */
  #end(entry: Entry, digest: Digest): void {
    if (storedSize(entry) > 0) this.#digests.push(digest);
  }

  get #buffer(): Buffer<ArrayBuffer> {
    this.#filling ??= Buffer.from(this.#spare.pop() ?? new ArrayBuffer(this.#pieceBytes));
    return this.#filling;
  }

  #take(): Piece {
    const { buffer } = this.#buffer;
    const piece = { bytes: new Uint8Array(buffer, 0, this.#used), digests: this.#digests };
    this.#filling = undefined;
    this.#used = 0;
    this.#digests = [];
    return piece;
  }
}

function expected(entry: Entry, digest: Digest): Digest {
  if (entry.digest !== undefined && entry.digest !== digest)
    throw sourceChanged(entry, "its bytes are not those that were hashed before");
  return digest;
}

function sameFile(before: fs.BigIntStats, after: fs.BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}
