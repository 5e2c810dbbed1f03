import type { Entry } from "../core/file-tree.ts";
import type { Chain } from "../execute/chain.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import type { ByteSource } from "../layer/change.ts";

/** More than this is not held in memory: the layers are unpacked, and files are read where they then are. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Files of an image whose bytes go into a further layer, or are looked into. */
export class ImageFiles {
  readonly tree: ChainTree;
  readonly #access: LayerAccess;
  readonly #chain: Chain;

  constructor(access: LayerAccess, chain: Chain, tree: ChainTree) {
    this.#access = access;
    this.#chain = chain;
    this.tree = tree;
  }

  /** Whether the file comes from the base image, and not from a step. */
  isInherited(path: string): boolean {
    const layer = this.tree.layerOf(path);
    return layer !== undefined && layer < this.#chain.baseLayers;
  }

  /** The text of a file that a container sees; bytes that are not ASCII stay what they are (latin1). */
  async text(entry: Entry): Promise<string> {
    return (await this.texts([entry])).get(entry.path)!;
  }

  /** The texts of files, by path; empty where all of them together are more than is held in memory. */
  async texts(entries: readonly Entry[]): Promise<ReadonlyMap<string, string>> {
    const sources = await this.sources(entries);
    const text = (source: ByteSource) =>
      source.kind === "bytes" ? Buffer.from(source.bytes).toString("latin1") : "";
    return new Map([...sources].map(([path, source]) => [path, text(source)]));
  }

  /** Where the bytes of these files are, by path. Throws `LAYER_INVALID` where they are not what the layer says. */
  async sources(entries: readonly Entry[]): Promise<ReadonlyMap<string, ByteSource>> {
    const bytes = entries.reduce((sum, { size }) => sum + size, 0);
    if (bytes > MOST_BYTES) return this.#unpacked(entries);
    const sources = new Map<string, ByteSource>();
    const wanted = new Map<number, Map<string, { readonly first: Entry; readonly paths: string[] }>>();
    const opened = await this.#access.layers(this.#chain);
    for (const entry of entries) {
      const layer = this.tree.layerOf(entry.path);
      if (entry.size === 0 || layer === undefined) {
        sources.set(entry.path, { kind: "bytes", bytes: new Uint8Array(0) });
        continue;
      }
      const first = opened[layer]!.toc.firstName(entry);
      const files = wanted.get(layer) ?? new Map();
      wanted.set(layer, files);
      const known = files.get(first.path) ?? { first, paths: [] };
      files.set(first.path, known);
      known.paths.push(entry.path);
    }
    for (const [layer, files] of wanted) {
      const firsts = new Map([...files].map(([path, { first }]) => [path, first]));
      for await (const file of this.#access.contents(this.#chain, layer, firsts))
        for (const path of files.get(file.entry.path)!.paths)
          sources.set(path, { kind: "bytes", bytes: file.bytes });
    }
    return sources;
  }

  async #unpacked(entries: readonly Entry[]): Promise<ReadonlyMap<string, ByteSource>> {
    await this.tree.prepare(entries.map(({ path }) => path));
    return new Map(entries.map(({ path }) => [path, { kind: "path", path: this.tree.locate(path) }]));
  }
}
