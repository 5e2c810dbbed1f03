import * as fs from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { libc } from "../sys/libc.ts";
import type { OverlayXattrPrefix } from "./snapshot-form.ts";

/** The directory that a capture reads, and what is done to it on the way. Paths are those of entries. */
export interface CapturedDirectory {
  /** Tells whether the directory at `path` hides what lower layers have there. */
  isOpaque(path: string): boolean;
  /** The layer has nothing at `path`, where something is that a layer need not or cannot hold. */
  discard(path: string): void;
  /** The layer deletes `path`. */
  deletePath(path: string): void;
  /** Everything below the directory has been dealt with; `isEmpty`: the layer has neither it nor anything below it. */
  leave(entry: Entry, isEmpty: boolean): void;
}

/** A full copy of a root filesystem: everything that is not there is deleted, and nothing is done to it. */
export const FULL_COPY: CapturedDirectory = {
  isOpaque: () => true,
  discard: () => {},
  deletePath: () => {},
  leave: () => {},
};

/**
 * The upper directory of an overlay mount. It becomes the layer's snapshot, so it is brought in line with the layer: what the layer
 * does not list goes away (an unchanged copy, a whiteout for nothing, a socket), and an opaque directory becomes one with a whiteout
 * for each name (SPEC LT-06). To whoever mounts it over the same parent it looks the same as before.
 */
export class UpperDirectory implements CapturedDirectory {
  readonly #directory: string;
  readonly #opaqueAttribute: string;
  /** Directories whose times changed because something in them did. */
  readonly #touched = new Set<string>();

  constructor(directory: string, prefix: OverlayXattrPrefix) {
    this.#directory = directory;
    this.#opaqueAttribute = `${prefix}opaque`;
  }

  /** "x" stands there, too, in kernels that keep whiteouts in attributes; only "y" hides (overlayfs.rst, "whiteouts and opaque directories"). */
  isOpaque(path: string): boolean {
    return path !== "" && libc().getXattr(this.#at(path), this.#opaqueAttribute)?.toString("latin1") === "y";
  }

  discard(path: string): void {
    fs.unlinkSync(fsPath(this.#at(path)));
    this.#touch(path);
  }

  deletePath(path: string): void {
    try {
      libc().makeDevice(this.#at(path), "char", { mode: 0, major: 0, minor: 0 });
      this.#touch(path);
    } catch (error) {
      // It is the whiteout that the kernel made.
      if (systemErrorCode(error) !== "EEXIST") throw error;
    }
  }

  leave(entry: Entry, isEmpty: boolean): void {
    const at = this.#at(entry.path);
    if (isEmpty && this.#removeEmpty(at)) {
      this.#touched.delete(entry.path);
      this.#touch(entry.path);
      return;
    }
    libc().removeXattr(at, this.#opaqueAttribute);
    if (!this.#touched.delete(entry.path)) return;
    libc().setTimes(at, "omit", BigInt(entry.mtime) * 1_000_000_000n + BigInt(entry.mtimeNs));
  }

  #removeEmpty(at: string): boolean {
    try {
      fs.rmdirSync(fsPath(at));
      return true;
    } catch (error) {
      if (systemErrorCode(error) === "ENOTEMPTY") return false;
      throw error;
    }
  }

  #touch(path: string): void {
    this.#touched.add(path.slice(0, Math.max(path.lastIndexOf("/"), 0)));
  }

  #at(path: string): string {
    return `${this.#directory}/${path}`;
  }
}
