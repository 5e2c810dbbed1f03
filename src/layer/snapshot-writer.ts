import * as fs from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { rulesFor, type SnapshotRules } from "./snapshot-rules.ts";

/** Files are private until they are complete; the portable form leaves them readable for their owner. */
const NEW_FILE_MODE = 0o600;
const NEW_DIRECTORY_MODE = 0o700;
const NEW_FILE_FLAGS =
  fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | (fs.constants.O_NOFOLLOW ?? 0);

/**
 * Writes a layer's files below a fresh directory. The caller guarantees that a path's parents were made by `makeDirectory`: then
 * every component of every path is a real directory, and no link of a layer is ever followed (DESIGN decision 10).
 */
export class SnapshotWriter {
  readonly #directory: string;
  readonly #rules: SnapshotRules;

  /** Throws `SYSTEM_UNSUPPORTED` for a native form where there are no system calls for it. */
  constructor(directory: string, form: SnapshotForm) {
    this.#directory = directory;
    this.#rules = rulesFor(form, directory);
  }

  makeDirectory(path: string): void {
    if (path !== "") fs.mkdirSync(fsPath(this.#at(path)), NEW_DIRECTORY_MODE);
  }

  /** Removes what was written at `path`, with everything below it. */
  remove(path: string, isDirectory: boolean): void {
    const at = fsPath(this.#at(path));
    if (isDirectory) fs.rmSync(at, { recursive: true });
    else fs.rmSync(at, { force: true });
  }

  /** Opens a new file for writing; close it with `closeFile`. */
  openFile(path: string): number {
    return fs.openSync(fsPath(this.#at(path)), NEW_FILE_FLAGS, NEW_FILE_MODE);
  }

  /** Ends a file that is complete. `length` is its full size: a hole at its end was not written. */
  closeFile(fd: number, entry: Entry, length = entry.size): void {
    try {
      if (length !== entry.size) fs.ftruncateSync(fd, entry.size);
      this.#rules.settleFile(fd, this.#at(entry.path), entry);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Copies a whole file from elsewhere. */
  copyFile(source: string, entry: Entry): void {
    const at = this.#at(entry.path);
    fs.copyFileSync(fsPath(source), fsPath(at), fs.constants.COPYFILE_EXCL);
    fs.chmodSync(fsPath(at), NEW_FILE_MODE);
    this.#rules.settle(at, entry);
  }

  /** Another name for `first`, or a copy where the file system has no hard links. */
  link(first: string, entry: Entry): void {
    try {
      fs.linkSync(fsPath(this.#at(first)), fsPath(this.#at(entry.path)));
    } catch (error) {
      if (!["EPERM", "ENOTSUP", "EMLINK"].includes(systemErrorCode(error) ?? "")) throw error;
      this.copyFile(this.#at(first), entry);
    }
  }

  /** A link, device, fifo or whiteout. */
  writeOther(entry: Entry): void {
    const at = this.#at(entry.path);
    if (entry.type !== "symlink") return this.#rules.special(at, entry);
    fs.symlinkSync(fsPath(entry.linkTarget ?? ""), fsPath(at));
    this.#rules.settle(at, entry);
  }

  /** Owner, mode and times of directories, which writing into them would change again: call it last, deepest first. */
  settleDirectory(entry: Entry): void {
    this.#rules.settle(this.#at(entry.path), entry);
  }

  #at(path: string): string {
    return path === "" ? this.#directory : `${this.#directory}/${path}`;
  }
}
