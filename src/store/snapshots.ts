import { chmodSync, lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { readFileIfThere } from "./atomic-file.ts";
import { bootId } from "./owner.ts";
import type { StorePaths } from "./paths.ts";
import { removeTree } from "./remove-tree.ts";
import type { TempArea } from "./temp-area.ts";

/** `native`: owners, modes, devices and whiteouts are what they are in the layer. `portable`: only bytes and links are; the rest is in the table of contents. */
export type SnapshotForm = "native" | "portable";

export interface SnapshotInfo {
  /** The directory with the layer's files. */
  readonly path: string;
  readonly form: SnapshotForm;
  /** Boot in which it was written. */
  readonly bootId: string;
  /** Known to be on the disk. One that is not, and is of an earlier boot, must be checked against its table of contents. */
  readonly synced: boolean;
}

type Note = Omit<SnapshotInfo, "path">;

const DIRECTORY = "fs";

/**
 * Snapshots arrive by rename. What is known of one is in a file beside it that is named for the directory's inode: it is
 * written before the rename and found only through the directory that won, so that two processes which finish the same
 * snapshot at once need no lock, and a kill between the two steps leaves nothing that counts.
 */
export class Snapshots {
  readonly #paths: StorePaths;
  readonly #temp: TempArea;

  constructor(paths: StorePaths, temp: TempArea) {
    this.#paths = paths;
    this.#temp = temp;
  }

  get(key: Digest): SnapshotInfo | undefined {
    const path = join(this.#paths.layer(key), DIRECTORY);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const bytes = stat && readFileIfThere(this.#note(key, stat.ino));
    const note = bytes && parseNote(bytes);
    return note && { path, ...note };
  }

  /**
   * Makes `directory` (in the temporary area) the snapshot of `key`. If there is one already, it stays and `directory` is
   * removed; either way the result is the snapshot that is there.
   */
  async commit(
    key: Digest,
    directory: string,
    options: { readonly form: SnapshotForm; readonly synced: boolean },
  ): Promise<SnapshotInfo> {
    const present = this.get(key);
    if (present) {
      await removeTree(directory);
      return present;
    }
    try {
      return await this.#move(key, directory, { ...options, bootId: bootId() });
    } catch (error) {
      throw describeSystemError(error, "storing a snapshot");
    }
  }

  markSynced(key: Digest): void {
    this.#change(key, { synced: true });
  }

  /** Notes that a portable snapshot has been converted in place. A kill before this repeats the conversion, which does no harm. */
  markNative(key: Digest): void {
    this.#change(key, { form: "native" });
  }

  #change(key: Digest, change: Partial<Note>): void {
    const snapshot = this.get(key);
    if (!snapshot) return;
    const { path, ...note } = snapshot;
    this.#writeNote(this.#note(key, lstatSync(path).ino), { ...note, ...change });
  }

  /** Removes a snapshot; false where there was none. Nobody may have it mounted. */
  async drop(key: Digest): Promise<boolean> {
    const trash = this.#temp.file("snapshot");
    try {
      moveDirectory(join(this.#paths.layer(key), DIRECTORY), trash);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return false;
      throw describeSystemError(error, "removing a snapshot");
    }
    this.#removeStrayNotes(key);
    await removeTree(trash);
    return true;
  }

  async #move(key: Digest, directory: string, note: Note): Promise<SnapshotInfo> {
    const path = join(this.#paths.layer(key), DIRECTORY);
    makeFolders(this.#paths.layer(key), 0o700);
    const notePath = this.#note(key, lstatSync(directory).ino);
    this.#writeNote(notePath, note);
    try {
      moveDirectory(directory, path);
      return { path, ...note };
    } catch (error) {
      rmSync(notePath, { force: true });
      if (!["ENOTEMPTY", "EEXIST"].includes(systemErrorCode(error) ?? "")) throw error;
    }
    const winner = this.get(key);
    if (winner) {
      await removeTree(directory);
      return winner;
    }
    // A directory without a note is what a removal was killed over.
    await this.drop(key);
    return this.#move(key, directory, note);
  }

  #note(key: Digest, inode: number): string {
    return join(this.#paths.layer(key), `${DIRECTORY}-${inode}.json`);
  }

  #writeNote(path: string, note: Note): void {
    const temporary = this.#temp.file("note");
    try {
      writeFileSync(temporary, JSON.stringify(note), { flag: "wx" });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw describeSystemError(error, "storing a snapshot");
    }
  }

  #removeStrayNotes(key: Digest): void {
    const folder = this.#paths.layer(key);
    const current = lstatSync(join(folder, DIRECTORY), { throwIfNoEntry: false })?.ino;
    for (const name of readdirSync(folder)) {
      const inode = /^fs-(\d+)\.json$/.exec(name)?.[1];
      if (inode !== undefined && Number(inode) !== current) rmSync(join(folder, name), { force: true });
    }
  }
}

/** Moving a directory to another parent rewrites its `..`, for which one who is not root needs write permission on it. */
function moveDirectory(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const mode = lstatSync(from).mode & 0o7777;
    if (systemErrorCode(error) !== "EACCES" || (mode & 0o200) !== 0) throw error;
    chmodSync(from, mode | 0o200);
    renameSync(from, to);
    chmodSync(to, mode);
  }
}

function parseNote(bytes: Buffer): Note | undefined {
  try {
    const note = JSON.parse(bytes.toString("utf8")) as Note;
    const isWhole = ["native", "portable"].includes(note.form) && typeof note.bootId === "string";
    return isWhole ? { form: note.form, bootId: note.bootId, synced: note.synced === true } : undefined;
  } catch {
    return undefined;
  }
}
