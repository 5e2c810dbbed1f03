import { digestOf } from "../../src/core/digest.ts";
import { comparePaths } from "../../src/core/file-name.ts";
import type { Entry, FileTree } from "../../src/core/file-tree.ts";

type Spec = { mode?: number; uid?: number; gid?: number; mtime?: number } & (
  | { text: string; hardLink?: string }
  | { link: string }
  | { dir: true }
  | { fifo: true }
);

/** A file tree of literals: `{ "a/b": "text", "d/": {}, "l": { link: "a" } }`. Parents are made as needed. */
export class MemoryTree implements FileTree {
  readonly name = "context";
  readonly entries = new Map<string, Entry>();
  readonly texts = new Map<string, string>();

  constructor(files: Readonly<Record<string, string | Partial<Spec & { text: string; link: string }>>> = {}) {
    this.#put("", { dir: true });
    for (const [name, value] of Object.entries(files)) {
      const path = name.replace(/\/$/, "");
      const parts = path.split("/");
      for (let i = 1; i < parts.length; i++) {
        const parent = parts.slice(0, i).join("/");
        if (!this.entries.has(parent)) this.#put(parent, { dir: true });
      }
      if (typeof value === "string") this.#put(path, { text: value });
      else if (name.endsWith("/")) this.#put(path, { ...value, dir: true } as Spec);
      else this.#put(path, value as Spec);
    }
  }

  lookup(path: string): Entry | undefined {
    return this.entries.get(path);
  }

  list(path: string): readonly string[] {
    const prefix = path === "" ? "" : `${path}/`;
    return [...this.entries.keys()]
      .filter((p) => p !== "" && p.startsWith(prefix) && !p.slice(prefix.length).includes("/"))
      .map((p) => p.slice(prefix.length))
      .sort(comparePaths);
  }

  #put(path: string, spec: Spec): void {
    const isDir = "dir" in spec;
    const text = "text" in spec ? spec.text : "";
    this.texts.set(path, text);
    this.entries.set(path, {
      path,
      type: isDir ? "dir" : "link" in spec ? "symlink" : "fifo" in spec ? "fifo" : "file",
      mode: spec.mode ?? (isDir ? 0o755 : "link" in spec ? 0o777 : 0o644),
      uid: spec.uid ?? 0,
      gid: spec.gid ?? 0,
      size: Buffer.byteLength(text),
      mtime: spec.mtime ?? 1000,
      mtimeNs: 0,
      ...("link" in spec ? { linkTarget: spec.link } : {}),
      ...("text" in spec ? { digest: digestOf(text) } : {}),
      ...("hardLink" in spec && spec.hardLink ? { hardLink: spec.hardLink } : {}),
    });
  }
}
