import { keyOf, type StepInputs } from "../cache/inputs.ts";
import { decodeRecord, encodeRecord } from "../cache/record.ts";
import { type Entry, withDigest } from "../core/file-tree.ts";
import type { Change } from "../layer/change.ts";
import type { InputSource, ResolvedImage } from "../plan/graph.ts";
import { type Chain, EMPTY_CHAIN, stackLayer } from "./chain.ts";
import { parentPath } from "./copy/change-set.ts";
import { walkDirectory } from "./copy/select.ts";
import type { LayerAccess } from "./layer-access.ts";
import { type LayerTarget, packAndStore } from "./layer-commit.ts";
import type { SourceTree } from "./source-tree.ts";
import { SubtreeIdentities } from "./subtree-identities.ts";

/** Where the inputs of steps come from; contexts are opened when the first step asks for them. */
export interface InputProvider {
  readonly stage: (index: number) => Promise<Chain>;
  readonly image: (image: ResolvedImage) => Promise<Chain>;
  readonly context: () => Promise<SourceTree>;
  readonly namedContext: (name: string) => Promise<SourceTree>;
  /** For messages. */
  readonly stageName: (index: number) => string;
}

/** Opens what COPY, ADD and mounts read from: as files, or as layers that can be mounted. */
export class StepInputSources {
  /** What mounts count with. */
  readonly identities = new SubtreeIdentities();
  readonly #provider: InputProvider;
  readonly #access: LayerAccess;
  readonly #target: LayerTarget;
  readonly #signal: AbortSignal;

  constructor(provider: InputProvider, access: LayerAccess, target: LayerTarget, signal: AbortSignal) {
    this.#provider = provider;
    this.#access = access;
    this.#target = target;
    this.#signal = signal;
  }

  readonly tree = async (source: InputSource): Promise<SourceTree> => {
    switch (source.kind) {
      case "context":
        return this.#provider.context();
      case "named-context":
        return this.#provider.namedContext(source.name);
      case "stage":
        return this.#access.tree(
          `stage ${this.#provider.stageName(source.stage)}`,
          await this.#provider.stage(source.stage),
        );
      case "image":
        return this.#access.tree(`image ${source.image.reference}`, await this.#provider.image(source.image));
      case "scratch":
        return this.#access.tree("scratch", EMPTY_CHAIN);
      default:
        return source satisfies never;
    }
  };

  /** Layers that hold at least `path` of a source. Files of a context are packed into a layer of their own, once per content. */
  readonly chain = async (source: InputSource, path: string): Promise<Chain> => {
    switch (source.kind) {
      case "stage":
        return this.#provider.stage(source.stage);
      case "image":
        return this.#provider.image(source.image);
      case "scratch":
        return EMPTY_CHAIN;
      case "context":
      case "named-context":
        return this.#packed(await this.tree(source), path);
      default:
        return source satisfies never;
    }
  };

  async #packed(tree: SourceTree, path: string): Promise<Chain> {
    const entries = await this.identities.of(tree, path);
    const inputs: StepInputs = {
      tag: "context-mount/1",
      parent: null,
      fields: { path },
      files: [{ from: "context", selector: path, entries }],
    };
    const key = keyOf(inputs);
    const { store } = this.#target;
    return store.withLock(
      `step-${key.slice(7)}`,
      async () => {
        const known = decodeRecord(store.records.get(key));
        if (known && store.layers.hasFiles(known.layer.diffId))
          return stackLayer(EMPTY_CHAIN, known.layer, known);
        const info = await packAndStore(await subtreeChanges(tree, path), this.#target, this.#signal);
        const made = { created: new Date().toISOString(), description: `files of the ${tree.name}` };
        store.records.put(key, encodeRecord({ version: 1, key, layer: info, ...made }));
        return stackLayer(EMPTY_CHAIN, info, made);
      },
      { signal: this.#signal },
    );
  }
}

/** A path with everything below it and the directories above it. */
async function subtreeChanges(tree: SourceTree, path: string): Promise<Change[]> {
  const root = tree.lookup(path);
  if (!root) return [];
  const above: Entry[] = [];
  for (let up = parentPath(path); up !== "" && path !== ""; up = parentPath(up))
    above.unshift(tree.lookup(up)!);
  const inside =
    root.type === "dir" ? [...walkDirectory(tree, path, undefined)].map((item) => item.entry) : [];
  const entries = [...above, ...(path === "" ? [] : [root]), ...inside];
  const files = entries.filter((entry) => entry.type === "file").map((entry) => entry.path);
  await tree.prepare(files);
  const digests = await tree.digests(files);
  return entries.map((entry) => ({
    // With the digest that the key has: a file that changes in between must not end up under it.
    entry: digests.has(entry.path) ? withDigest(entry, digests.get(entry.path)!) : entry,
    // An empty file has nothing to read; a socket, which is shown as one, could not be.
    bytes:
      entry.type === "file" && entry.size > 0
        ? { kind: "path", path: tree.locate(entry.path), witness: tree.witness?.(entry.path) }
        : { kind: "none" },
  }));
}
