import type { Change } from "./change.ts";
import { LayerBuilder } from "./layer-builder.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

export interface PackTask {
  readonly kind: "pack";
  /** Sorted by path, each path once, every parent directory among them. */
  readonly changes: readonly Change[];
  /** A fresh directory to fill. */
  readonly directory: string;
  readonly form: SnapshotForm;
}

/** Makes a layer from changes and writes its snapshot, synchronously. */
export function pack({ changes, directory, form }: PackTask): PackedLayer {
  const builder = new LayerBuilder(new SnapshotWriter(directory, form));
  for (const { entry, bytes } of changes) builder.add(entry, bytes);
  return builder.finish();
}
