import { isSlipwayError } from "../core/errors.ts";
import type { FileTree } from "../core/file-tree.ts";
import { parentOf, resolvePath } from "../layer/resolve.ts";

/** What is to stay as it is: the paths that were named, and what links at them lead to. */
export class KeptPaths {
  /** Named paths at which there is nothing. */
  readonly missing: readonly string[];
  readonly #paths = new Set<string>();

  constructor(tree: FileTree, named: readonly string[]) {
    this.missing = named.filter((path) => !this.#add(tree, path));
  }

  /** `path` is that of an entry. */
  has(path: string): boolean {
    return this.#paths.has(path);
  }

  #add(tree: FileTree, named: string): boolean {
    try {
      // Each link on the way is a name that has to stay, too: /bin/sh, and what it leads to.
      let at = resolvePath(tree, named, { followLast: false });
      while (at.entry?.type === "symlink" && !this.#paths.has(at.path)) {
        this.#paths.add(at.path);
        const target = at.entry.linkTarget ?? "";
        const next = target.startsWith("/") ? target : `${parentOf(at.path)}/${target}`;
        at = resolvePath(tree, next, { followLast: false });
      }
      this.#paths.add(at.path);
      return at.entry !== undefined;
    } catch (error) {
      if (isSlipwayError(error, "SYMLINK_LOOP")) return false;
      throw error;
    }
  }
}
