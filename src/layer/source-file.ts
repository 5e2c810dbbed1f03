import * as fs from "node:fs";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { READ_FLAGS } from "../sys/open-without-links.ts";
import type { FileWitness } from "./change.ts";

/** Opens the file that an entry was made from. Throws `SOURCE_CHANGED` where it is gone. */
export function openSource(entry: Entry, path: string, witness?: FileWitness): number {
  try {
    return witness ? witness.open() : fs.openSync(fsPath(path), READ_FLAGS);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(systemErrorCode(error) ?? "")) throw error;
    throw sourceChanged(entry, "it is not there any more", error);
  }
}

/** Throws `SOURCE_CHANGED` for what is no file of the entry's size. */
export function checkSource(entry: Entry, stat: fs.Stats | fs.BigIntStats): void {
  if (!stat.isFile()) throw sourceChanged(entry, "it is no regular file any more");
  if (Number(stat.size) !== entry.size)
    throw sourceChanged(entry, `it has ${stat.size} bytes, not ${entry.size}`);
}

/** Fills `target` to its end. Throws `SOURCE_CHANGED` where the file ends before. */
export function readFull(fd: number, target: Buffer, entry: Entry): void {
  for (let have = 0; have < target.length; ) {
    const length = fs.readSync(fd, target, have, target.length - have, null);
    if (length === 0) throw sourceChanged(entry, "it became shorter");
    have += length;
  }
}

export function sourceChanged(entry: Entry, how: string, cause?: unknown): SlipwayError<"SOURCE_CHANGED"> {
  return new SlipwayError(
    "SOURCE_CHANGED",
    `"${printableName(entry.path)}" changed while it was read: ${how}`,
    {
      hint: "start the build again when nothing writes to that file",
      facts: { path: entry.path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
