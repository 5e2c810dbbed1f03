import { TimeSlices } from "../context/time-slices.ts";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import type { Entry } from "../core/file-tree.ts";
import { type ArchivedFile, archiveChunks } from "../layer/archive.ts";
import type { ByteSink } from "./destination.ts";
import type { FilesPart } from "./platform-files.ts";

/**
 * The files of a result as one tar stream: names relative to the root, numeric owners (SPEC XP-05). Throws `CANCELLED`, and
 * `DIGEST_MISMATCH` where the store has lost a file.
 */
export async function writeFilesArchive(
  parts: readonly FilesPart[],
  sink: ByteSink,
  signal?: AbortSignal,
): Promise<void> {
  for (const { tree, entries } of parts)
    await tree.prepare(entries.filter((entry) => entry.type === "file").map((entry) => entry.path));
  throwIfAborted(signal);
  const slices = new TimeSlices(signal);
  for (const chunk of archiveChunks(filesOf(parts))) {
    await sink.write(chunk);
    if (slices.isOver) await slices.pause();
  }
}

function* filesOf(parts: readonly FilesPart[]): Generator<ArchivedFile> {
  for (const { tree, entries, prefix, time } of parts) {
    if (prefix) yield [{ ...ROOT, path: prefix, mtime: time ?? 0 }, ""];
    for (const entry of entries)
      yield [moved(entry, prefix, time), entry.type === "file" ? tree.locate(entry.path) : ""];
  }
}

function moved(entry: Entry, prefix: string, time: number | undefined): Entry {
  if (!prefix && time === undefined) return entry;
  const inside = (path: string) => (prefix ? `${prefix}/${path}` : path);
  return {
    ...entry,
    path: inside(entry.path),
    ...(entry.hardLink === undefined ? {} : { hardLink: inside(entry.hardLink) }),
    ...(time === undefined ? {} : { mtime: time }),
  };
}

const ROOT: Omit<Entry, "path"> = { type: "dir", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
