import type { Entry } from "../../core/file-tree.ts";

/** A heredoc as a source file: named as its delimiter, mode 0644, owner 0:0 (SPEC CP-21). */
export function heredocEntry(name: string, size: number, time: number): Entry {
  return { path: name, type: "file", mode: 0o644, uid: 0, gid: 0, size, mtime: time, mtimeNs: 0 };
}
