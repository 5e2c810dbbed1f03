import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { Toc } from "../layer/toc.ts";
import { LayerTree } from "../layer/tree.ts";
import type { SourceTree } from "./source-tree.ts";

/** Gives the snapshot folders of some layers of a chain, unpacking what is not there yet. */
export type SnapshotFolders = (indexes: readonly number[]) => Promise<ReadonlyMap<number, string>>;

/** The files of a chain of layers. Lookups are answered by tables of contents; bytes come from snapshots made on demand. */
export class ChainTree implements SourceTree {
  readonly name: string;
  readonly #tree: LayerTree;
  readonly #folders = new Map<number, string>();
  readonly #snapshots: SnapshotFolders;

  constructor(name: string, tocs: readonly Toc[], snapshots: SnapshotFolders) {
    this.name = name;
    this.#tree = new LayerTree(tocs);
    this.#snapshots = snapshots;
  }

  lookup(path: string): Entry | undefined {
    return this.#tree.lookup(path);
  }

  list(path: string): readonly string[] {
    return this.#tree.list(path);
  }

  /** Index of the layer that supplies what is at `path`, 0 is the lowest; undefined where there is nothing. */
  layerOf(path: string): number | undefined {
    return this.#tree.layerOf(path);
  }

  /** Everything below a directory, each directory before what it holds. */
  walk(directory: string): Iterable<Entry> {
    return this.#tree.walk(directory);
  }

  async prepare(paths: Iterable<string>): Promise<void> {
    const wanted = new Set<number>();
    for (const path of paths) {
      const layer = this.#tree.layerOf(path);
      if (layer !== undefined && !this.#folders.has(layer)) wanted.add(layer);
    }
    if (wanted.size === 0) return;
    for (const [layer, folder] of await this.#snapshots([...wanted])) this.#folders.set(layer, folder);
  }

  /** A layer's folder holds only real directories above its own entries, so no link of another layer is ever followed. */
  locate(path: string): string {
    const layer = this.#tree.layerOf(path);
    const folder = layer === undefined ? undefined : this.#folders.get(layer);
    if (folder === undefined)
      throw new SlipwayError("INTERNAL", `/${path} of the ${this.name} was located before it was prepared`);
    return `${folder}/${path}`;
  }

  async digests(paths: readonly string[]): Promise<ReadonlyMap<string, Digest>> {
    const found = new Map<string, Digest>();
    for (const path of paths) {
      const digest = this.#tree.lookup(path)?.digest;
      if (digest) found.set(path, digest);
    }
    return found;
  }

  linkIdentity(entry: Entry): string | undefined {
    const layer = this.#tree.layerOf(entry.path);
    return layer === undefined ? undefined : `${layer}:${entry.hardLink ?? entry.path}`;
  }
}
