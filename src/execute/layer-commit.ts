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

/** Packs changes into a layer and stores it: the snapshot by rename, then the table of contents that makes it known. */
export async function packAndStore(
  changes: readonly Change[],
  { store, form }: LayerTarget,
  signal: AbortSignal,
): Promise<{ info: LayerInfo; toc: Buffer }> {
  const directory = store.temp.directory("layer");
  const scope = new CleanupScope();
  // Once it is a snapshot it is no longer there.
  scope.defer(() => store.temp.remove(directory));
  return scope.around(async () => {
    const packed = await packLayer({ changes, directory, form, signal });
    await storeLayer({ store, form }, packed, directory);
    return packed;
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
