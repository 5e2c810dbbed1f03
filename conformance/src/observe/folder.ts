import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Entry, EntryType } from "../observation.ts";
import { observedContent, observedTime } from "../observation.ts";

/** The files of a `local` output. Owners are those of whoever builds and say nothing, so they are given as 0. */
export function readFolder(root: string, started: number, below = ""): readonly Entry[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name) => {
      const path = below ? `${below}/${name}` : name;
      const stats = lstatSync(join(root, path));
      const entry = entryOf(join(root, path), path, stats, started);
      return stats.isDirectory() ? [entry, ...readFolder(root, started, path)] : [entry];
    });
}

function entryOf(file: string, path: string, stats: Stats, started: number): Entry {
  return {
    path: stats.isDirectory() ? `${path}/` : path,
    type: typeOf(stats),
    mode: stats.mode & 0o7777,
    uid: 0,
    gid: 0,
    ...(stats.isFile() ? observedContent(readFileSync(file)) : {}),
    ...(stats.isSymbolicLink() ? { target: readlinkSync(file) } : {}),
    mtime: observedTime(Math.floor(stats.mtimeMs / 1000), started),
  };
}

function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isCharacterDevice()) return "char";
  return stats.isBlockDevice() ? "block" : "other";
}
