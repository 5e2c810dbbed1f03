import { CleanupScope } from "../core/cleanup-scope.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { Change } from "../layer/change.ts";
import { packLayer } from "../layer/pack.ts";
import type { SnapshotForm } from "../layer/snapshot-form.ts";
import type { Store } from "../store/store.ts";

/** Where finished layers go, and how their snapshots are written. */
export interface LayerTarget {
  readonly store: Store;
  readonly form: SnapshotForm;
}

/** A layer that has been made, in a folder of its own, but not stored. */
export interface DraftLayer {
  readonly info: LayerInfo;
  /** The snapshot by rename, then the table of contents that makes it known. */
  store(): Promise<void>;
  /** Does nothing for a layer that was stored. */
  discard(): Promise<void>;
}

/** Packs changes into a layer. Throws what `packLayer` throws. */
export async function draftLayer(
  changes: readonly Change[],
  target: LayerTarget,
  signal: AbortSignal,
): Promise<DraftLayer> {
  const { store, form } = target;
  const directory = store.temp.directory("layer");
  // Once it is a snapshot it is no longer there.
  const discard = () => store.temp.remove(directory);
  try {
    const packed = await packLayer({ changes, directory, form, signal });
    return { info: packed.info, store: () => storeLayer(target, packed, directory), discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Packs changes into a layer and stores it. */
export async function packAndStore(
  changes: readonly Change[],
  target: LayerTarget,
  signal: AbortSignal,
): Promise<LayerInfo> {
  return storeDraft(await draftLayer(changes, target, signal));
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
