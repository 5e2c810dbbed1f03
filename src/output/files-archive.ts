import { open } from "node:fs/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { entryHeader, paddingAfter, TAR_END } from "../layer/tar-writer.ts";
import type { ByteSink } from "./destination.ts";
import type { FilesPart } from "./platform-files.ts";

const PIECE = 1 << 20;

/** The files of a result as one tar stream: names relative to the root, numeric owners (SPEC XP-05). */
export async function writeFilesArchive(
  parts: readonly FilesPart[],
  sink: ByteSink,
  signal?: AbortSignal,
): Promise<void> {
  for (const part of parts) {
    const { tree, entries, prefix, time = 0 } = part;
    await tree.prepare(entries.filter((entry) => entry.type === "file").map((entry) => entry.path));
    if (prefix) await sink.write(entryHeader({ ...ROOT, path: prefix, mtime: time }));
    for (const entry of entries) {
      throwIfAborted(signal);
      await writeEntry(part, entry, sink);
    }
  }
  await sink.write(TAR_END);
}

async function writeEntry({ tree, prefix, time }: FilesPart, entry: Entry, sink: ByteSink): Promise<void> {
  const inside = (path: string) => (prefix ? `${prefix}/${path}` : path);
  const moved: Entry = {
    ...entry,
    path: inside(entry.path),
    ...(entry.hardLink === undefined ? {} : { hardLink: inside(entry.hardLink) }),
    ...(time === undefined ? {} : { mtime: time }),
  };
  await sink.write(entryHeader(moved));
  if (entry.type !== "file" || entry.hardLink !== undefined || entry.size === 0) return;
  const file = await open(fsPath(tree.locate(entry.path)));
  try {
    let sent = 0;
    for await (const chunk of file.createReadStream({ highWaterMark: PIECE, autoClose: false })) {
      sent += (chunk as Buffer).length;
      await sink.write(chunk as Buffer);
    }
    if (sent !== entry.size)
      throw new SlipwayError(
        "LAYER_INVALID",
        `/${entry.path} has ${sent} bytes in the store, not ${entry.size}`,
      );
  } finally {
    await file.close();
  }
  await sink.write(paddingAfter(entry.size));
}

const ROOT: Omit<Entry, "path"> = { type: "dir", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
