import type { Entry, FileTree } from "../../src/core/file-tree.ts";
import type { TestedImage } from "../../src/gate/tested-image.ts";
import type { ContainerConfig } from "../../src/image/config.ts";

type Draft = Partial<Entry> & { readonly text?: string };

/** An image that is only said to have these files, and that has no containers. */
export function madeImage(files: Readonly<Record<string, Draft>>, config: ContainerConfig = {}): TestedImage {
  const entries = new Map<string, Entry>([["", entryOf("", { type: "dir" })]]);
  for (const [path, draft] of Object.entries(files)) {
    const parts = path.split("/");
    for (let i = 1; i < parts.length; i++) {
      const folder = parts.slice(0, i).join("/");
      if (!entries.has(folder)) entries.set(folder, entryOf(folder, { type: "dir" }));
    }
    entries.set(path, entryOf(path, draft));
  }
  const tree: FileTree = {
    lookup: (path) => entries.get(path),
    list: (path) => {
      const prefix = path === "" ? "" : `${path}/`;
      const below = [...entries.keys()].filter((name) => name !== "" && name.startsWith(prefix));
      return [...new Set(below.map((name) => name.slice(prefix.length).split("/")[0]!))].sort();
    },
  };
  return {
    name: "made",
    config,
    files: async () => ({ tree, read: async (path) => Buffer.from(files[path]?.text ?? "") }),
    containers: {
      around: async () => {
        throw new Error("no containers here");
      },
    },
  };
}

function entryOf(path: string, { text: _, ...draft }: Draft): Entry {
  const type = draft.type ?? "file";
  const mode = type === "dir" ? 0o755 : 0o644;
  return { path, type, mode, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0, ...draft };
}
