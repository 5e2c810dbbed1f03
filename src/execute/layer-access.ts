import { CleanupScope, throwIfAborted } from "../core/cleanup-scope.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { compressionOf } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { LayerFile } from "../layer/archived-files.ts";
import { decompressor } from "../layer/compression.ts";
import { ingestLayer } from "../layer/ingest.ts";
import { unpackArchive } from "../layer/pack.ts";
import type { SnapshotForm } from "../layer/snapshot-form.ts";
import { Toc } from "../layer/toc.ts";
import type { Store } from "../store/store.ts";
import type { Chain, ChainLayer } from "./chain.ts";
import { ChainTree } from "./chain-tree.ts";
import { layerContents } from "./layer-contents.ts";
import { SnapshotFolders } from "./snapshot-folders.ts";
import { WatchedSource } from "./watched-source.ts";

export interface LayerAccessOptions {
  readonly store: Store;
  /** How snapshots are written here: with real owners, or portable. */
  readonly form: SnapshotForm;
  /** Makes sure a blob is in the store (downloads it). */
  readonly fetchBlob: (blob: Descriptor) => Promise<void>;
  /**
   * Downloads a blob into the store and gives its bytes on the way, the last of them when it is verified and in its place. Where it is
   * not there after a failure, the bytes that were given count for nothing.
   */
  readonly streamBlob: (blob: Descriptor) => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** `key` is the layer's place in the store: its diff ID, or its stack's identity where reading it needed the layers below. */
export interface OpenLayer {
  readonly key: Digest;
  readonly toc: Toc;
  readonly bytes: Buffer;
}

/** A layer of a base that is read for the first time. */
interface Reading {
  readonly layer: ChainLayer;
  /** The layers below it, lowest first. */
  readonly below: readonly OpenLayer[];
  /** Whether its files are to be written, too. */
  readonly unpack: boolean;
  /** Uncompressed. */
  readonly archive: AsyncIterable<Uint8Array>;
}

/** Gives layers in the form that somebody needs: table of contents, snapshot folder. Each is made at most once per process. */
export class LayerAccess {
  readonly #options: LayerAccessOptions;
  readonly #snapshots: SnapshotFolders;
  readonly #tocs = new Map<Digest, Promise<OpenLayer>>();
  /** Those of them that are there: a chain of hundreds of layers is asked for again by every step on it. */
  readonly #opened = new Map<Digest, OpenLayer>();
  /** Snapshot folders that were found usable: every RUN asks for all of its chain. */
  readonly #folderOf = new Map<Digest, string>();

  constructor(options: LayerAccessOptions) {
    this.#options = options;
    this.#snapshots = new SnapshotFolders(options.store, options.form);
  }

  /** The files of a chain. `snapshots`: the caller will need every layer unpacked (a RUN), so unpack while reading. */
  async tree(name: string, chain: Chain, snapshots = false): Promise<ChainTree> {
    const tocs = await this.#open(chain, snapshots);
    return new ChainTree(
      name,
      tocs.map(({ toc }) => toc),
      (indexes) => this.#folders(chain, indexes),
    );
  }

  /** Tables of contents as bytes, bottom first. */
  async tocBytes(chain: Chain): Promise<Buffer[]> {
    return (await this.#open(chain, false)).map(({ bytes }) => bytes);
  }

  /** Layers with their tables of contents, bottom first. */
  layers(chain: Chain): Promise<readonly OpenLayer[]> {
    return this.#open(chain, false);
  }

  /** Bytes of some files of one layer, by path: `layerContents`. They have to have bytes of their own there. */
  async *contents(
    chain: Chain,
    index: number,
    wanted: ReadonlyMap<string, Entry>,
  ): AsyncGenerator<LayerFile> {
    const opened = await this.#open(chain, false);
    const { key, toc } = opened[index]!;
    const layer = chain.layers[index]!;
    const forms = {
      diffId: layer.diffId,
      toc,
      folder: this.#snapshots.usable(key),
      archive: this.#options.store.layers.archive(key)?.path,
      stream: () => this.#archive(layer),
      unpacked: async () => (await this.#folders(chain, [index])).get(index)!,
    };
    yield* layerContents(forms, wanted);
  }

  /** Snapshot folders of all layers, bottom first, ready to be mounted. */
  async snapshots(chain: Chain): Promise<string[]> {
    const folders = await this.#folders(chain, [...chain.layers.keys()]);
    return chain.layers.map((_, i) => folders.get(i)!);
  }

  async #open(chain: Chain, snapshots: boolean): Promise<OpenLayer[]> {
    const opened: OpenLayer[] = [];
    for (const layer of chain.layers) {
      const id = layer.stack;
      const known = this.#opened.get(id);
      if (known) {
        opened.push(known);
        continue;
      }
      let pending = this.#tocs.get(id);
      if (!pending) {
        pending = this.#load(layer, opened, snapshots);
        this.#tocs.set(id, pending);
        pending.catch(() => this.#tocs.delete(id));
      }
      const open = await pending;
      this.#opened.set(id, open);
      opened.push(open);
      throwIfAborted(this.#options.signal);
    }
    throwIfAborted(this.#options.signal);
    return opened;
  }

  async #load(layer: ChainLayer, below: readonly OpenLayer[], snapshot: boolean): Promise<OpenLayer> {
    const { store, signal } = this.#options;
    const known = this.#known(layer);
    if (known) return known;
    await store.beforeWrite();
    return store.withLock(
      `layer-${layer.stack.slice(7)}`,
      async () => this.#known(layer) ?? (await this.#ingest({ layer, below, unpack: snapshot })),
      { signal },
    );
  }

  #known(layer: ChainLayer): OpenLayer | undefined {
    const { store } = this.#options;
    for (const key of [layer.stack, layer.diffId]) {
      if (!store.layers.get(key)) continue;
      const bytes = store.layers.toc(key);
      return { key, toc: Toc.open(bytes), bytes };
    }
    return undefined;
  }

  /** Reads a base layer's blob while it is downloaded, and again from the store where the download had to begin anew. */
  async #ingest(reading: Omit<Reading, "archive">): Promise<OpenLayer> {
    const { store, streamBlob, signal } = this.#options;
    const { layer } = reading;
    const { blob } = layer;
    if (blob && !store.blobs.has(blob.digest)) {
      const source = new WatchedSource(streamBlob(blob));
      try {
        return await this.#read({ ...reading, archive: uncompressed(blob, source) });
      } catch (error) {
        throwIfAborted(signal);
        // What cannot be read or written here would fail in the same way after a download of gigabytes.
        if (!source.hasFailed) throw error;
      }
    }
    return this.#read({ ...reading, archive: await this.#archive(layer) });
  }

  /** Diff ID verified, table of contents made, unpacked in the same pass where asked for. */
  async #read({ layer, below, unpack, archive }: Reading): Promise<OpenLayer> {
    const { store, form, signal } = this.#options;
    const parentDirectories = below.map(({ key }) => this.#snapshots.usable(key));
    // Whether the archive links to files of the layers below is not known yet: without their folders it is only read.
    const directory =
      unpack && !parentDirectories.includes(undefined) ? store.temp.directory("unpack") : undefined;
    const scope = new CleanupScope();
    if (directory) scope.defer(() => store.temp.remove(directory));
    return scope.around(async () => {
      const packed = await ingestLayer({
        archive,
        parent: tocsOf(below),
        parentDirectories,
        expectedDiffId: layer.diffId,
        signal,
        ...(directory ? { directory, form } : {}),
      });
      const key = packed.dependsOnParent ? layer.stack : layer.diffId;
      store.layers.put(key, packed.info, packed.toc);
      if (directory) await store.layers.commitSnapshot(key, directory, { form: form.kind });
      return { key, toc: Toc.open(packed.toc), bytes: packed.toc };
    });
  }

  #hasArchive({ blob, diffId }: ChainLayer): boolean {
    return blob !== undefined || this.#options.store.layers.archive(diffId) !== undefined;
  }

  async #archive(layer: ChainLayer): Promise<AsyncIterable<Uint8Array>> {
    const { store, fetchBlob } = this.#options;
    if (!layer.blob)
      throw new SlipwayError("BLOB_NOT_FOUND", `layer ${layer.diffId} is no longer in the store`, {
        hint: "build or pull the image again",
      });
    if (!(await store.blobs.has(layer.blob.digest))) await fetchBlob(layer.blob);
    return uncompressed(layer.blob, store.blobs.open(layer.blob));
  }

  async #folders(chain: Chain, indexes: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const opened = await this.#open(chain, true);
    const folders = new Map<number, string>();
    for (const index of indexes) folders.set(index, await this.#folder(chain, index, opened));
    return folders;
  }

  async #folder(chain: Chain, index: number, opened: readonly OpenLayer[]): Promise<string> {
    const { store, signal } = this.#options;
    const { key } = opened[index]!;
    const known = this.#folderOf.get(key);
    if (known !== undefined) return known;
    const folder =
      this.#snapshots.usable(key) ??
      (await store.withLock(
        `snapshot-${key.slice(7)}`,
        async () =>
          (await this.#snapshots.repair({
            ...opened[index]!,
            hasArchive: this.#hasArchive(chain.layers[index]!),
          })) ??
          (await this.#unpackKept(opened[index]!)) ??
          (await this.#unpackAgain(chain, index, opened)),
        { signal },
      ));
    this.#folderOf.set(key, folder);
    return folder;
  }

  /** Unpacks a layer that was made here and kept as an archive. Undefined where it was not; a damaged one is forgotten. */
  async #unpackKept({ key, bytes }: OpenLayer): Promise<string | undefined> {
    const { store, form, signal } = this.#options;
    const archive = store.layers.archive(key);
    if (!archive) return undefined;
    const directory = store.temp.directory("unpack");
    const scope = new CleanupScope();
    scope.defer(() => store.temp.remove(directory));
    return scope.around(async () => {
      const target = { kind: "snapshot", directory, form } as const;
      try {
        const { info } = await unpackArchive({ file: archive.path, toc: bytes }, target, signal);
        if (info.diffId !== key) return await this.#forgetArchive(key, "it has another digest");
      } catch (error) {
        if (!isSlipwayError(error, "DIGEST_MISMATCH")) throw error;
        return await this.#forgetArchive(key, error.message);
      }
      await store.layers.commitSnapshot(key, directory, { form: form.kind });
      return this.#snapshots.usable(key) ?? unusable(key);
    });
  }

  #forgetArchive(key: Digest, difference: string): Promise<never> {
    return this.#snapshots.forget(key, `the archive of layer ${key} in the store is damaged: ${difference}`);
  }

  /** Unpacks a layer whose table of contents is known. A hard link to a file of a lower layer needs that layer's folder, too. */
  async #unpackAgain(chain: Chain, index: number, opened: readonly OpenLayer[]): Promise<string> {
    const { store, form, signal } = this.#options;
    const { key, bytes } = opened[index]!;
    const { diffId } = chain.layers[index]!;
    const below = opened.slice(0, index);
    const needsBelow = key !== diffId;
    const parentDirectories: (string | undefined)[] = [];
    for (const [i, layer] of below.entries())
      parentDirectories.push(
        needsBelow ? await this.#folder(chain, i, opened) : this.#snapshots.usable(layer.key),
      );
    const archive = await this.#archive(chain.layers[index]!);
    const directory = store.temp.directory("unpack");
    const scope = new CleanupScope();
    scope.defer(() => store.temp.remove(directory));
    return scope.around(async () => {
      const parent = tocsOf(below);
      const { toc } = await ingestLayer({
        archive,
        parent,
        parentDirectories,
        expectedDiffId: diffId,
        directory,
        form,
        signal,
      });
      if (!toc.equals(bytes))
        throw new SlipwayError(
          "LAYER_INVALID",
          `the archive of layer ${diffId} does not fit its table of contents`,
        );
      await store.layers.commitSnapshot(key, directory, { form: form.kind });
      return this.#snapshots.usable(key) ?? unusable(key);
    });
  }
}

function uncompressed(blob: Descriptor, bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const compression = compressionOf(blob.mediaType) ?? "gzip";
  return compression === "none" ? bytes : decompressor(compression, bytes);
}

function unusable(key: Digest): never {
  throw new SlipwayError("SNAPSHOT_FAILED", `layer ${key} could not be unpacked`);
}

function tocsOf(layers: readonly OpenLayer[]): Buffer[] {
  return layers.map(({ bytes }) => bytes);
}
