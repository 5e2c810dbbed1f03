import { describeSystemError } from "../core/errors.ts";
import type { ChangeList } from "./change.ts";
import { type EarlierArchive, findUnchanged } from "./earlier-archive.ts";
import { PACKERS } from "./layer-threads.ts";
import { isLittle, LITTLE } from "./little.ts";
import type { PackTarget, PackTask } from "./pack-task.ts";
import type { PackedLayer } from "./packed-layer.ts";
import { FileReader } from "./read-files.ts";
import { storedSize } from "./tar-writer.ts";
import { Toc } from "./toc.ts";
import { TocWriter } from "./toc-writer.ts";

export type { EarlierArchive } from "./earlier-archive.ts";
export type { PackTarget } from "./pack-task.ts";
export type { PackedLayer } from "./packed-layer.ts";
export type { SnapshotForm } from "./snapshot-form.ts";

export interface PackOptions {
  /** Sorted by `comparePaths`, each path once, with the parent directories of every path among them. */
  readonly changes: ChangeList;
  /** After a failure it holds anything. */
  readonly target: PackTarget;
  /** Where files that are still the same may be read from. */
  readonly earlier?: EarlierArchive | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Makes a layer of changes (SPEC LT-01 to LT-06). Every file is read once: here, where it is hashed for the table of contents; a thread
 * hashes the archive and writes. Throws `SOURCE_CHANGED` where a file is not what its entry says, `DISK_FULL`, `PERMISSION_DENIED`,
 * `SNAPSHOT_FAILED` for an owner that cannot be given here, `DIGEST_MISMATCH` for an earlier archive that is damaged, `CANCELLED`.
 */
export async function packLayer({ changes, target, earlier, signal }: PackOptions): Promise<PackedLayer> {
  const unchanged = earlier && findUnchanged(changes, earlier);
  const { bytes, ...content } = encoded(changes);
  const task: PackTask = {
    kind: "pack",
    ...content,
    target,
    ...(unchanged ? { earlier: { ...earlier, unchanged } } : {}),
  };
  const files = new FileReader(changes, bytes, unchanged);
  try {
    return await PACKERS.stream(task, files.pieces(signal), {
      signal,
      isLittle: isLittle(changes.length, bytes),
      recycle: (buffer) => files.recycle(buffer),
      moved: [content.toc.buffer],
    });
  } catch (error) {
    throw describeSystemError(error, "writing a layer");
  }
}

/**
 * Unpacks an archive of which the table of contents is known; it has more than the archive says, such as fractions of seconds. Throws
 * `DIGEST_MISMATCH` where a file is not what the table says, else what `packLayer` throws.
 */
export async function unpackArchive(
  archive: EarlierArchive,
  target: PackTarget,
  signal?: AbortSignal,
): Promise<PackedLayer> {
  const toc = Toc.open(archive.toc);
  const linkedTo = new Set<string>();
  for (const { hardLink } of toc.entries()) if (hardLink !== undefined) linkedTo.add(hardLink);
  const earlier = { ...archive, unchanged: new Uint8Array(toc.count).fill(1) };
  try {
    return await PACKERS.stream({ kind: "pack", toc: archive.toc, linkedTo, target, earlier }, nothing(), {
      signal,
    });
  } catch (error) {
    throw describeSystemError(error, "unpacking a layer");
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** Of an entry in a table of contents, without its digest. */
const TYPICAL_BYTES = 32;

/** Bytes cross to a thread many times faster than objects do. `bytes`: how many all files have. */
function encoded(
  changes: ChangeList,
): Pick<PackTask, "linkedTo"> & { readonly toc: Uint8Array<ArrayBuffer>; readonly bytes: number } {
  const toc = new TocWriter(changes.length * TYPICAL_BYTES);
  const linkedTo = new Set<string>();
  let bytes = 0;
  for (const { entry } of changes) {
    toc.add(entry);
    bytes += storedSize(entry);
    if (entry.hardLink !== undefined) linkedTo.add(entry.hardLink);
  }
  return { toc: toc.finish(), linkedTo, bytes };
}

/** Whether making a layer of these is a matter of milliseconds. */
export function areFew(changes: ChangeList): boolean {
  let bytes = 0;
  if (changes.length <= LITTLE.changes) for (const { entry } of changes) bytes += storedSize(entry);
  return isLittle(changes.length, bytes);
}
