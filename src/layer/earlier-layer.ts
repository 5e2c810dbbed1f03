import type { Entry } from "../core/file-tree.ts";
import { Toc } from "./toc.ts";

/** A layer that is here with its files, in the form that a new one gets. */
export interface EarlierFiles {
  /** Its snapshot: complete, and not changed by anybody. */
  readonly directory: string;
  /** Its encoded table of contents. */
  readonly toc: Uint8Array;
}

/** Finds files of an earlier layer that a new layer has in the same place: they need not be written again. */
export class EarlierLayer {
  readonly #directory: string;
  readonly #toc: Toc;

  constructor({ directory, toc }: EarlierFiles) {
    this.#directory = directory;
    this.#toc = Toc.open(toc);
  }

  /**
   * Host path of the same file: bytes, owner, mode and time to the nanosecond, without attributes. Only in the same place: names of
   * one inode in two places of a root filesystem would be one file to programs.
   */
  find(entry: Entry): string | undefined {
    if (entry.type !== "file" || entry.digest === undefined || entry.xattrs) return undefined;
    const before = this.#toc.find(entry.path);
    if (before?.type !== "file" || before.hardLink !== undefined || before.xattrs) return undefined;
    const isSame =
      before.digest === entry.digest &&
      before.mode === entry.mode &&
      before.uid === entry.uid &&
      before.gid === entry.gid &&
      before.mtime === entry.mtime &&
      before.mtimeNs === entry.mtimeNs;
    return isSame ? `${this.#directory}/${entry.path}` : undefined;
  }
}
