import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import { LIMITS } from "../core/limits.ts";

export interface ResolvedPath {
  /** In the form of `Entry.path`; no component that exists is a link, but the last one where links are not followed there. */
  readonly path: string;
  /** What is at `path`; undefined where there is nothing. */
  readonly entry: Entry | undefined;
}

export interface ResolveOptions {
  /** Whether a link in the last component is followed. One with a slash behind it is followed in any case. */
  readonly followLast: boolean;
}

/**
 * Resolves a path the way a kernel would whose root is the root of `tree` (DESIGN decision 10): links, absolute ones too, stay
 * inside, and `..` stops at the root. Components that do not exist are kept as they are. `path` may be absolute or relative to
 * the root. Throws `SYMLINK_LOOP` beyond `LIMITS.symlinks` links.
 */
export function resolvePath(tree: FileTree, path: string, { followLast }: ResolveOptions): ResolvedPath {
  const todo = path.split("/").reverse();
  let links = 0;
  let at = "";
  while (todo.length > 0) {
    const name = todo.pop()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = parentOf(at);
      continue;
    }
    const next = at === "" ? name : `${at}/${name}`;
    const entry = tree.lookup(next);
    // Something after the link, be it only a slash, asks for what the link leads to.
    if (entry?.type === "symlink" && (followLast || todo.length > 0)) {
      if (++links > LIMITS.symlinks) throw loop(path);
      const target = entry.linkTarget ?? "";
      if (target.startsWith("/")) at = "";
      // One by one: a target in an archive may have more components than a call can have arguments.
      for (const part of target.split("/").reverse()) todo.push(part);
      continue;
    }
    at = next;
  }
  return { path: at, entry: tree.lookup(at) };
}

/** The directory that holds `path`; the root is its own parent. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function loop(path: string): SlipwayError<"SYMLINK_LOOP"> {
  return new SlipwayError("SYMLINK_LOOP", `too many symbolic links on the way to "${printableName(path)}"`, {
    facts: { path },
  });
}
