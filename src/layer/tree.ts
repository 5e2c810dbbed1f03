import { comparePaths } from "../core/file-name.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import type { Toc } from "./toc.ts";

/** A directory of the stack: what it is, and which layers have a say in what it holds, topmost first. */
interface Directory {
  readonly entry: Entry;
  /** Index of the layer that supplies the directory's own metadata; undefined for a root that no layer describes. */
  readonly owner: number | undefined;
  readonly layers: readonly number[];
}

interface Found {
  readonly entry: Entry;
  readonly layer: number;
}

/** The root directory where no layer describes it. */
export const BARE_ROOT: Entry = Object.freeze({
  path: "",
  type: "dir",
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNs: 0,
});

/**
 * The file tree that a stack of layers makes: whiteouts, opaque directories and replacements by another type are honoured
 * (OCI image-spec v1.1, layer, whiteouts; SPEC LT-08). Nothing is read until it is asked for; each directory that was once asked
 * for is remembered, so that a lookup meets only the layers that touch its directory.
 */
export class LayerTree implements FileTree {
  readonly #tocs: readonly Toc[];
  readonly #directories = new Map<string, Directory | null>();

  /** `tocs`: lowest layer first. */
  constructor(tocs: readonly Toc[]) {
    this.#tocs = tocs;
  }

  /** The root is always there. A whiteout is never returned, and no entry is opaque: what a layer hides is gone from the stack. */
  lookup(path: string): Entry | undefined {
    const entry = path === "" ? this.#root().entry : this.#find(path)?.entry;
    return entry && seenFromAbove(entry);
  }

  list(path: string): readonly string[] {
    const directory = this.#directory(path);
    if (!directory) return [];
    const seen = new Set<string>();
    const names: string[] = [];
    const prefix = path === "" ? "" : `${path}/`;
    for (const layer of directory.layers) {
      for (const name of this.#tocs[layer]!.childNames(path)) {
        if (seen.has(name)) continue;
        const entry = this.#tocs[layer]!.find(prefix + name);
        if (!entry) continue;
        seen.add(name);
        if (entry.type !== "whiteout") names.push(name);
      }
    }
    return directory.layers.length > 1 ? names.sort(comparePaths) : names;
  }

  /** Index (0 is the lowest layer) of the layer that supplies the entry at `path`; undefined where there is none. */
  layerOf(path: string): number | undefined {
    return path === "" ? this.#root().owner : this.#find(path)?.layer;
  }

  /** Everything below `dir` (not itself), each directory before what it holds, in path order. */
  *walk(dir: string): IterableIterator<Entry> {
    const directory = this.#directory(dir);
    if (!directory) return;
    if (directory.layers.length === 1 && this.#isPlain(directory.layers[0]!, dir)) {
      for (const entry of this.#tocs[directory.layers[0]!]!.range(dir)) yield seenFromAbove(entry);
      return;
    }
    for (const name of this.list(dir)) {
      const entry = seenFromAbove(this.#find(dir === "" ? name : `${dir}/${name}`)!.entry);
      yield entry;
      if (entry.type === "dir") yield* this.walk(entry.path);
    }
  }

  #find(path: string): Found | undefined {
    const slash = path.lastIndexOf("/");
    const parent = this.#directory(slash < 0 ? "" : path.slice(0, slash));
    if (!parent) return undefined;
    for (const layer of parent.layers) {
      const entry = this.#tocs[layer]!.find(path);
      if (entry) return entry.type === "whiteout" ? undefined : { entry, layer };
    }
    return undefined;
  }

  #directory(path: string): Directory | undefined {
    const known = this.#directories.get(path);
    if (known !== undefined) return known ?? undefined;
    const made = path === "" ? this.#makeRoot() : this.#makeDirectory(path);
    this.#directories.set(path, made ?? null);
    return made;
  }

  #root(): Directory {
    return this.#directory("")!;
  }

  #makeRoot(): Directory {
    const all = [...this.#tocs.keys()].reverse();
    return this.#stack(all, "") ?? { entry: BARE_ROOT, owner: undefined, layers: all };
  }

  #makeDirectory(path: string): Directory | undefined {
    const slash = path.lastIndexOf("/");
    const parent = this.#directory(slash < 0 ? "" : path.slice(0, slash));
    return parent && this.#stack(parent.layers, path);
  }

  /** Goes down `candidates` while they have a directory at `path`; anything else there, or an opaque one, hides the rest. */
  #stack(candidates: readonly number[], path: string): Directory | undefined {
    const layers: number[] = [];
    let top: Entry | undefined;
    for (const layer of candidates) {
      const entry = this.#tocs[layer]!.find(path);
      if (!entry) {
        // Layers need not describe the root in order to put things there.
        if (path === "") layers.push(layer);
        continue;
      }
      if (entry.type !== "dir") break;
      top ??= entry;
      layers.push(layer);
      if (entry.opaque) break;
    }
    if (!top) return undefined;
    const owner = layers.find((layer) => this.#tocs[layer]!.find(path) !== undefined);
    return { entry: top, owner, layers };
  }

  /** True where nothing that one layer holds below `dir` is a whiteout. */
  #isPlain(layer: number, dir: string): boolean {
    for (const entry of this.#tocs[layer]!.range(dir)) if (entry.type === "whiteout") return false;
    return true;
  }
}

/** A directory that is opaque in its layer: a copy of its entry in a layer further up must not hide anything. */
function seenFromAbove(entry: Entry): Entry {
  if (!entry.opaque) return entry;
  const { opaque: _, ...plain } = entry;
  return plain;
}
