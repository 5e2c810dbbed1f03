import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Digest } from "../core/digest.ts";
import { isSlipwayError, systemErrorCode } from "../core/errors.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { ChangeList } from "../layer/change.ts";
import { areFew, type EarlierArchive, packLayer } from "../layer/pack.ts";
import type { SnapshotForm } from "../layer/snapshot-form.ts";
import type { Store } from "../store/store.ts";

/** Where finished layers go, and how their snapshots are written. */
export interface LayerTarget {
  readonly store: Store;
  readonly form: SnapshotForm;
}

/** A layer that has been made, in the temporary area, but not stored. */
export interface DraftLayer {
  readonly info: LayerInfo;
  /** What was made moves into the store, then comes the table of contents that makes it known. */
  store(): Promise<void>;
  /** Does nothing for a layer that was stored. */
  discard(): Promise<void>;
}

export interface DraftOptions {
  /** Nobody is going to read its files soon: then a layer of many files is kept as its archive, which is one file. */
  readonly unread?: boolean;
  /** A layer that an earlier run of the step made: most of it may be the same. */
  readonly earlier?: Digest | undefined;
  readonly signal: AbortSignal;
}

/** Packs changes into a layer. Throws what `packLayer` throws. */
export async function draftLayer(
  changes: ChangeList,
  target: LayerTarget,
  options: DraftOptions,
): Promise<DraftLayer> {
  if (!options.unread || areFew(changes)) return draftSnapshot(changes, target, options.signal);
  const { store } = target;
  try {
    const earlier = options.earlier && earlierArchive(store, options.earlier);
    if (earlier) return await draftArchive(changes, store, options.signal, earlier);
  } catch (error) {
    if (!isUnusable(error)) throw error;
  }
  return draftArchive(changes, store, options.signal);
}

/** The earlier archive, or what is known of it, is damaged or gone: it is not needed. */
function isUnusable(error: unknown): boolean {
  return isSlipwayError(error, "DIGEST_MISMATCH", "LAYER_INVALID") || systemErrorCode(error) === "ENOENT";
}

async function draftSnapshot(
  changes: ChangeList,
  target: LayerTarget,
  signal: AbortSignal,
): Promise<DraftLayer> {
  const { store, form } = target;
  const directory = store.temp.directory("layer");
  // Once it is a snapshot it is no longer there.
  const discard = () => store.temp.remove(directory);
  try {
    const packed = await packLayer({ changes, target: { kind: "snapshot", directory, form }, signal });
    return { info: packed.info, store: () => storeLayer(target, packed, directory), discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Packs changes into an archive, which is one file; `earlier` has those of their bytes that it knows by path and digest. */
export async function draftArchive(
  changes: ChangeList,
  store: Store,
  signal: AbortSignal,
  earlier?: EarlierArchive,
): Promise<DraftLayer> {
  const file = store.temp.file("archive");
  const discard = () => store.temp.remove(file);
  try {
    const { info, toc } = await packLayer({ changes, target: { kind: "archive", file }, earlier, signal });
    const storeArchive = async () => {
      store.layers.commitArchive(info.diffId, file);
      store.layers.put(info.diffId, info, toc);
    };
    return { info, store: storeArchive, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

function earlierArchive({ layers }: Store, diffId: Digest): EarlierArchive | undefined {
  const archive = layers.archive(diffId);
  if (!archive?.isOfThisBoot || !layers.has(diffId)) return undefined;
  return { file: archive.path, toc: layers.toc(diffId) };
}

/** Packs changes into a layer and stores it. */
export async function packAndStore(
  changes: ChangeList,
  target: LayerTarget,
  signal: AbortSignal,
): Promise<LayerInfo> {
  return storeDraft(await draftLayer(changes, target, { signal }));
}

/** Stores a layer that has been made; what cannot be stored is removed. */
export async function storeDraft(draft: DraftLayer): Promise<LayerInfo> {
  const scope = new CleanupScope();
  scope.defer(() => draft.discard());
  return scope.around(async () => {
    await draft.store();
    return draft.info;
  });
}

/** Stores a layer whose files are already in `directory`, which is moved into the store. */
export async function storeLayer(
  { store, form }: LayerTarget,
  packed: { readonly info: LayerInfo; readonly toc: Buffer },
  directory: string,
): Promise<void> {
  const key = packed.info.diffId;
  await store.layers.commitSnapshot(key, directory, { form: form.kind });
  store.layers.put(key, packed.info, packed.toc);
}
