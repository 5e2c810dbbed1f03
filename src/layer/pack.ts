import { describeSystemError } from "../core/errors.ts";
import type { Change } from "./change.ts";
import { PACKERS } from "./layer-threads.ts";
import type { PackTask } from "./pack-task.ts";
import type { PackedLayer } from "./packed-layer.ts";
import { FileReader } from "./read-files.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { TocWriter } from "./toc-writer.ts";

export type { PackedLayer } from "./packed-layer.ts";
export type { SnapshotForm } from "./snapshot-form.ts";

export interface PackOptions {
  /** Sorted by `comparePaths`, each path once, with the parent directories of every path among them. */
  readonly changes: readonly Change[];
  /** A fresh directory, which becomes the snapshot. After a failure it holds anything. */
  readonly directory: string;
  readonly form: SnapshotForm;
  readonly signal?: AbortSignal;
}

/** Up to this much work takes less time than waking a thread. */
export const LITTLE = { changes: 64, bytes: 4 * 1024 * 1024 };

/**
 * Makes a layer of changes (SPEC LT-01 to LT-06). Every file is read once: here, where it is hashed for the table of contents; a thread
 * hashes the archive and writes to `directory`. Throws `SOURCE_CHANGED` where a file is not what its entry says, `DISK_FULL`,
 * `PERMISSION_DENIED`, `SNAPSHOT_FAILED` for an owner that cannot be given here, `CANCELLED`.
 */
export async function packLayer({ changes, directory, form, signal }: PackOptions): Promise<PackedLayer> {
  const task: PackTask = { kind: "pack", ...encoded(changes), directory, form };
  const files = new FileReader(changes);
  try {
    return await PACKERS.stream(task, files.pieces(signal), {
      signal,
      isLittle: isLittle(changes),
      recycle: (buffer) => files.recycle(buffer),
    });
  } catch (error) {
    throw describeSystemError(error, "writing a layer");
  }
}

/** Of an entry in a table of contents, without its digest. */
const TYPICAL_BYTES = 32;

/** Bytes cross to a thread many times faster than objects do. */
function encoded(changes: readonly Change[]): Pick<PackTask, "toc" | "linkedTo"> {
  const toc = new TocWriter(changes.length * TYPICAL_BYTES);
  const linkedTo = new Set<string>();
  for (const { entry } of changes) {
    toc.add(entry);
    if (entry.hardLink !== undefined) linkedTo.add(entry.hardLink);
  }
  return { toc: toc.finish(), linkedTo };
}

function isLittle(changes: readonly Change[]): boolean {
  if (changes.length > LITTLE.changes) return false;
  return changes.reduce((sum, { entry }) => sum + entry.size, 0) <= LITTLE.bytes;
}
