import type { CaptureTask } from "./capture-task.ts";
import { PACKERS } from "./layer-threads.ts";
import { holdsLittle } from "./little.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { OverlayXattrPrefix, SnapshotForm } from "./snapshot-form.ts";

export type { PackedLayer } from "./packed-layer.ts";

interface CaptureOptions {
  /** Tables of contents of the parent's layers, lowest first. */
  readonly parent: readonly Uint8Array[];
  /** Paths of mount points that were made for the step: those that stayed empty, and are new, are not part of the layer. */
  readonly stubs?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}

export interface CaptureUpperOptions extends CaptureOptions {
  /** The upper directory of an overlay that is mounted no more. */
  readonly upper: string;
  readonly overlayXattrPrefix: OverlayXattrPrefix;
}

export interface CaptureTreeOptions extends CaptureOptions {
  /** A full copy of the root file system, on which the step ran. */
  readonly root: string;
  /** A fresh directory, which becomes the snapshot. */
  readonly directory: string;
  readonly form: SnapshotForm;
}

/**
 * Makes a layer of what a RUN left in its upper directory (SPEC LT-02 to LT-06). An entry that is equal to the parent's in everything,
 * bytes included, is not part of it; of a directory the time does not count. Afterwards `upper` holds exactly what the layer lists and
 * is its native snapshot. Throws `SOURCE_CHANGED` where something still writes there, `CANCELLED`.
 */
export function captureUpper(options: CaptureUpperOptions): Promise<PackedLayer> {
  const { upper, overlayXattrPrefix } = options;
  return run(options, upper, { kind: "upper", overlayXattrPrefix });
}

/** The same layer from a full copy of the root: what is not there any more is deleted, and changed files are written to `directory`. */
export function captureTree(options: CaptureTreeOptions): Promise<PackedLayer> {
  const { root, directory, form } = options;
  return run(options, root, { kind: "copy", target: directory, form });
}

function run(
  { parent, stubs, signal }: CaptureOptions,
  directory: string,
  source: CaptureTask["source"],
): Promise<PackedLayer> {
  const task: CaptureTask = { kind: "capture", directory, parent, stubs: stubs ?? new Set(), source };
  return PACKERS.batch(task, { signal, isLittle: source.kind === "upper" && holdsLittle(directory) });
}
