import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../core/errors.ts";
import type { Entry, FileTree } from "../../core/file-tree.ts";
import type { FileIdentity } from "../../runtime/request.ts";

/**
 * A folder of this machine as a tree that links cannot lead out of: what a step planted in a cache mount is resolved inside
 * it, by us and not by the kernel (SPEC MT-08, CVE-2023-26054's kin). Only type and link target are meant.
 */
export function hostTree(root: string): FileTree {
  return {
    lookup(path) {
      // Below a file there is nothing.
      const stat = unlessGone(() => lstatSync(join(root, path), { throwIfNoEntry: false }));
      if (!stat) return undefined;
      const type: Entry["type"] = stat.isDirectory() ? "dir" : stat.isSymbolicLink() ? "symlink" : "file";
      const plain: Entry = {
        path,
        type,
        mode: stat.mode & 0o7777,
        uid: stat.uid,
        gid: stat.gid,
        size: stat.size,
        mtime: 0,
        mtimeNs: 0,
      };
      if (type !== "symlink") return plain;
      const linkTarget = unlessGone(() => readlinkSync(join(root, path)));
      return linkTarget === undefined ? undefined : { ...plain, linkTarget };
    },
    list: (path) => readdirSync(join(root, path)).sort(),
  };
}

/**
 * Which folder `path` is below `root`, opened one name at a time so that a link put there since `path` was resolved is not
 * followed. undefined where it is gone, or is no folder any more.
 */
export function folderIdentity(root: string, path: string): FileIdentity | undefined {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  let at = openSync(root, O_RDONLY | O_DIRECTORY);
  try {
    for (const name of path.split("/")) {
      const below = unlessGone(() =>
        openSync(`/proc/self/fd/${at}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
      );
      if (below === undefined) return undefined;
      closeSync(at);
      at = below;
    }
    const { dev, ino } = fstatSync(at, { bigint: true });
    return { device: dev, inode: ino };
  } finally {
    closeSync(at);
  }
}

/** Another step may change the folder at any time: what is no longer as it was a moment ago counts as absent. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EINVAL", "ELOOP"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}
