import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { SlipwayError, systemErrorCode } from "../../core/errors.ts";
import { decodeName, fsPath, printableName } from "../../core/file-name.ts";
import type { Entry } from "../../core/file-tree.ts";
import type { ArchivedFile } from "../../layer/archive.ts";

export interface PackRequest {
  /** Absolute; a slash or `/.` at its end asks for a directory. */
  readonly path: string;
  /** What the first member of the archive is called; all others are below it. */
  readonly top: string;
  /** What a link leads to, not the link, where `path` is one. */
  readonly followsLink: boolean;
}

/** A file or directory with all that is in it, for an archive. Throws `SOURCE_NOT_FOUND`. */
export function* packPath({ path, top, followsLink }: PackRequest): Generator<ArchivedFile> {
  const mustBeFolder = /\/\.?$/.test(path) && path !== "/";
  const follows = followsLink || mustBeFolder || path === "/";
  const stat = look(path, follows);
  if (mustBeFolder && !stat.isDirectory())
    throw new SlipwayError("SOURCE_NOT_FOUND", `${printableName(path)} is not a directory`);
  // Files are opened only where they are no links.
  yield* packed(stat, follows ? realpathSync(path) : path, top);
}

function* packed(stat: Stats, path: string, name: string): Generator<ArchivedFile> {
  const entry = entryOf(stat, path, name);
  if (!entry) return;
  yield [entry, path];
  if (entry.type !== "dir") return;
  for (const bytes of readdirSync(fsPath(path), { encoding: "buffer" }).sort(Buffer.compare)) {
    const child = decodeName(bytes);
    const below = lstatSync(fsPath(join(path, child)), { throwIfNoEntry: false });
    if (below) yield* packed(below, join(path, child), `${name}/${child}`);
  }
}

/** Undefined for what no archive can hold. */
function entryOf(stat: Stats, at: string, path: string): Entry | undefined {
  const { uid, gid } = stat;
  const mtime = Math.floor(stat.mtimeMs / 1000);
  const plain = { path, mode: stat.mode & 0o7777, uid, gid, mtime, mtimeNs: 0 };
  if (stat.isFile()) return { ...plain, type: "file", size: stat.size };
  if (stat.isDirectory()) return { ...plain, type: "dir", size: 0 };
  if (stat.isFIFO()) return { ...plain, type: "fifo", size: 0 };
  if (!stat.isSymbolicLink()) return undefined;
  const linkTarget = decodeName(readlinkSync(fsPath(at), { encoding: "buffer" }));
  return { ...plain, type: "symlink", size: 0, linkTarget };
}

function look(path: string, follows: boolean): Stats {
  try {
    return follows ? statSync(fsPath(path)) : lstatSync(fsPath(path));
  } catch (cause) {
    if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(systemErrorCode(cause) ?? "")) throw cause;
    throw new SlipwayError("SOURCE_NOT_FOUND", `there is no file ${printableName(path)}`, { cause });
  }
}
