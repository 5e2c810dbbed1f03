import type { Entry } from "../../src/core/file-tree.ts";
import type { ContextFiles } from "../../src/lint/context-files.ts";

/** A context made of these files, folders included. */
export function contextOf(
  files: Readonly<Record<string, string>>,
  ignoreFile: ContextFiles["ignoreFile"] = "missing",
): ContextFiles {
  const folders = new Map<string, Set<string>>([["", new Set()]]);
  for (const path of Object.keys(files)) {
    const parts = path.split("/");
    parts.forEach((name, at) => {
      const folder = parts.slice(0, at).join("/");
      folders.set(folder, (folders.get(folder) ?? new Set()).add(name));
    });
  }
  const entry = (path: string, type: Entry["type"], size: number): Entry => {
    return { path, type, mode: 0o644, uid: 0, gid: 0, size, mtime: 0, mtimeNs: 0 };
  };
  return {
    ignoreFile,
    tree: {
      lookup: (path) => {
        if (folders.has(path)) return entry(path, "dir", 0);
        const text = files[path];
        return text === undefined ? undefined : entry(path, "file", text.length);
      },
      list: (path) => [...(folders.get(path) ?? [])].sort(),
    },
    text: (path) => files[path],
    head: (path) => files[path]?.slice(0, 512),
  };
}
