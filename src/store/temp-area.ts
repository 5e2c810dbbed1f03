import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { isGone, isOwner, type Owner } from "./owner.ts";
import type { StorePaths } from "./paths.ts";
import { removeTree } from "./remove-tree.ts";
import { treeBytes } from "./tree-bytes.ts";

/** How long an interrupted download waits to be resumed. */
const PARTIAL_LIFETIME_MS = 7 * 24 * 3600 * 1000;

export interface TempUsage {
  readonly count: number;
  readonly bytes: number;
  readonly reclaimable: number;
}

export interface Sweep {
  /** Names of owners (or partial downloads) whose leftovers are gone now. */
  readonly removed: readonly string[];
  /** What could not be removed, with the reason. */
  readonly failed: readonly { readonly path: string; readonly error: unknown }[];
}

/**
 * What is in flight: `tmp/<owner>/<prefix>-<random>`. Names cannot be guessed (CVE-2020-27534) and the owner's folder is
 * closed to others, so nobody can put a link where a temporary file is about to be made.
 */
export class TempArea {
  readonly #paths: StorePaths;
  readonly #owner: Owner;
  readonly #discarded = new Set<Promise<void>>();

  constructor(paths: StorePaths, owner: Owner) {
    this.#paths = paths;
    this.#owner = owner;
  }

  /** A new empty directory, mode 0700. It is the caller's to rename or remove; if this process dies, `sweep` of another one removes it. */
  directory(prefix: string): string {
    const path = this.file(prefix);
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  /** A path where nothing is yet, in a folder that exists. */
  file(prefix: string): string {
    const folder = join(this.#paths.temp, this.#owner);
    try {
      makeFolders(folder, 0o700);
    } catch (error) {
      throw describeSystemError(error, `making a temporary folder in ${this.#paths.temp}`);
    }
    return join(folder, `${prefix}-${randomBytes(16).toString("hex")}`);
  }

  /** Removes something that `directory` or `file` gave, whatever is in it; nothing there is fine. */
  remove(path: string): Promise<void> {
    return removeTree(path);
  }

  /** The same, while other work goes on; what cannot be removed is left to a sweep. `settle` waits for it. */
  discard(path: string): void {
    const gone = removeTree(path)
      .catch(() => {})
      .finally(() => this.#discarded.delete(gone));
    this.#discarded.add(gone);
  }

  /** Waits until all that was discarded is gone. */
  async settle(): Promise<void> {
    await Promise.all(this.#discarded);
  }

  /** Removes what processes that have ended left behind. Safe at any time; best effort. */
  async sweep(): Promise<Sweep> {
    const names = readdirSync(this.#paths.temp);
    const stale = names
      .filter((name) => isOwner(name) && isGone(name))
      .map((name) => join(this.#paths.temp, name));
    const removed: string[] = [];
    const failed: { path: string; error: unknown }[] = [];
    for (const path of [...stale, ...(await this.#oldPartials())]) {
      try {
        await removeTree(path);
        removed.push(path);
      } catch (error) {
        failed.push({ path, error });
      }
    }
    return { removed, failed };
  }

  /** What lies in the temporary area: entries and bytes, and how many bytes of it belong to no living process. */
  async usage(): Promise<TempUsage> {
    let [count, bytes, reclaimable] = [0, 0, 0];
    for (const name of namesIn(this.#paths.temp)) {
      const path = join(this.#paths.temp, name);
      const isPartials = path === this.#paths.partial;
      const size = await treeBytes(path);
      count += isPartials ? namesIn(path).length : name === this.#owner ? 0 : 1;
      bytes += size;
      if (isPartials || (isOwner(name) && isGone(name))) reclaimable += size;
    }
    return { count, bytes, reclaimable };
  }

  /** Takes this process's own folder away if nothing is left in it. */
  close(): void {
    try {
      rmdirSync(join(this.#paths.temp, this.#owner));
    } catch (error) {
      if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(systemErrorCode(error) ?? "")) throw error;
    }
  }

  async #oldPartials(): Promise<readonly string[]> {
    const old: string[] = [];
    for (const name of namesIn(this.#paths.partial)) {
      const path = join(this.#paths.partial, name);
      const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < Date.now() - PARTIAL_LIFETIME_MS) old.push(path);
    }
    return old;
  }
}

/** Empty where the folder is not there or cannot be read. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
