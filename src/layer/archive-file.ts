import * as fs from "node:fs";
import { fsPath } from "../core/file-name.ts";
import { writeFull } from "./copy-bytes.ts";
import { isHole } from "./holes.ts";

/** A layer's archive on its way into one new file. */
export class ArchiveFile {
  readonly #fd: number;
  #size = 0;
  #written = 0;
  #isOpen = true;

  constructor(path: string) {
    this.#fd = fs.openSync(fsPath(path), "wx", 0o600);
  }

  write(bytes: Uint8Array): void {
    if (!isHole(bytes)) {
      writeFull(this.#fd, bytes, this.#size);
      this.#written = this.#size + bytes.length;
    }
    this.#size += bytes.length;
  }

  /** Ends the file, however far it came. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      if (this.#written < this.#size) fs.ftruncateSync(this.#fd, this.#size);
    } finally {
      fs.closeSync(this.#fd);
    }
  }
}
