import { comparePaths } from "../../src/core/file-name.ts";
import type { Entry, FileTree } from "../../src/core/file-tree.ts";
import { Toc } from "../../src/layer/toc.ts";
import { encodeToc } from "../../src/layer/toc-writer.ts";

type Details = Partial<Omit<Entry, "path" | "type">>;

const PLAIN = { uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };

export const dir = (path: string, details: Details = {}): Entry => ({
  path,
  type: "dir",
  mode: 0o755,
  ...PLAIN,
  ...details,
});

export const file = (path: string, details: Details = {}): Entry => ({
  path,
  type: "file",
  mode: 0o644,
  ...PLAIN,
  ...details,
});

export const symlink = (path: string, linkTarget: string, details: Details = {}): Entry => ({
  path,
  type: "symlink",
  mode: 0o777,
  ...PLAIN,
  linkTarget,
  ...details,
});

export const whiteout = (path: string): Entry => ({ path, type: "whiteout", mode: 0, ...PLAIN });

export function tocOf(...entries: readonly Entry[]): Toc {
  return Toc.open(encodeToc(sorted(entries)));
}

export function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => comparePaths(a.path, b.path));
}

/** A file tree of links and directories, by path; a value is a link target, or undefined for a directory. */
export function linkTree(links: Readonly<Record<string, string | undefined>>): FileTree {
  return {
    lookup: (path) => {
      if (path === "") return dir("");
      if (!(path in links)) return undefined;
      const target = links[path];
      return target === undefined ? dir(path) : symlink(path, target);
    },
    list: () => [],
  };
}
