import { createHash, type Hash, hash } from "node:crypto";
import { closeSync } from "node:fs";
import { finishDigest } from "../core/digest.ts";
import { writeFull } from "./copy-bytes.ts";
import type { Inode } from "./layer-draft.ts";
import type { SnapshotWriter } from "./snapshot-writer.ts";

/** The bytes of one file while they come out of an archive: hashed, and written where there is a writer. */
export class FileBody {
  readonly #path: string;
  readonly #inode: Inode;
  readonly #writer: SnapshotWriter | undefined;
  #fd: number | undefined;
  #hash: Hash | undefined;
  /** Position of the next byte, and where the last written one ended: holes are not written. */
  #at = 0;
  #written = 0;

  constructor(path: string, inode: Inode, writer: SnapshotWriter | undefined) {
    this.#path = path;
    this.#inode = inode;
    this.#writer = writer;
    this.#fd = writer?.openFile(path);
  }

  push(chunk: Buffer, isHole: boolean): void {
    // Most files are small and come in one piece.
    if (chunk.length === this.#inode.size) this.#inode.digest = `sha256:${hash("sha256", chunk, "hex")}`;
    else {
      this.#hash ??= createHash("sha256");
      this.#hash.update(chunk);
    }
    if (this.#fd !== undefined && !isHole) {
      writeFull(this.#fd, chunk, this.#at);
      this.#written = this.#at + chunk.length;
    }
    this.#at += chunk.length;
  }

  end(): void {
    this.#inode.digest ??= finishDigest(this.#hash ?? createHash("sha256"));
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) this.#writer!.closeFile(fd, { path: this.#path, ...this.#inode }, this.#written);
  }

  abandon(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
