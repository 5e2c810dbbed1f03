import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Entry, FileTree } from "../../core/file-tree.ts";

/**
 * A folder of this machine as a tree that links cannot lead out of: what a step planted in a cache mount is resolved inside
 * it, by us and not by the kernel (SPEC MT-08, CVE-2023-26054's kin). Only type and link target are meant.
 */
export function hostTree(root: string): FileTree {
  return {
    lookup(path) {
      const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
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
      return type === "symlink" ? { ...plain, linkTarget: readlinkSync(join(root, path)) } : plain;
    },
    list: (path) => readdirSync(join(root, path)).sort(),
  };
}
