import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { systemErrorCode } from "../core/errors.ts";
import { decodeName, fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import { hasLibc, libc } from "../sys/libc.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { outputError } from "./destination.ts";
import type { FilesPart } from "./platform-files.ts";

export interface FilesFolderRequest {
  readonly parts: readonly FilesPart[];
  readonly folder: string;
  readonly cwd: string;
  /** Remove what the result does not have, after everything was written. */
  readonly deleteExtraneous: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The files of a result in a folder, as the current user: modes, times, links and attributes are kept, owners are not, devices are
 * left out (SPEC XP-05); folders of platforms have the epoch's time, or that of 1970. A link that is in the way is replaced, never followed: an earlier export cannot redirect this one.
 */
export async function writeFilesFolder(request: FilesFolderRequest): Promise<void> {
  const folder = resolve(request.cwd, request.folder);
  for (const { tree, entries } of request.parts)
    await tree.prepare(entries.filter((entry) => entry.type === "file").map((entry) => entry.path));
  try {
    for (const part of request.parts) writePart(part, folder, request.signal);
    // Only now: a folder that several platforms share may be one that nobody can write to.
    for (const { entries, prefix, time } of request.parts.toReversed())
      for (const entry of entries.toReversed()) finishEntry(entry, join(folder, prefix), time);
    if (request.deleteExtraneous) removeExtraneous(folder, writtenPaths(request.parts), "");
    for (const { prefix, time = 0 } of request.parts)
      if (prefix) lutimesSync(fsPath(join(folder, prefix)), time, time);
  } catch (error) {
    throw outputError(error, folder);
  }
}

function writePart({ tree, entries, prefix }: FilesPart, base: string, signal?: AbortSignal): void {
  const folder = join(base, prefix);
  makeFolders(folder);
  for (const entry of entries) {
    throwIfAborted(signal);
    writeEntry(tree, entry, folder);
  }
}

function writtenPaths(parts: readonly FilesPart[]): ReadonlySet<string> {
  return new Set(
    parts.flatMap(({ entries, prefix }) =>
      prefix ? [prefix, ...entries.map(({ path }) => `${prefix}/${path}`)] : entries.map(({ path }) => path),
    ),
  );
}

function writeEntry(tree: ChainTree, entry: Entry, folder: string): void {
  const path = fsPath(join(folder, entry.path));
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing && !(entry.type === "dir" && existing.isDirectory()))
    rmSync(path, { recursive: true, force: true });
  if (entry.type === "dir") {
    if (!existing?.isDirectory()) mkdirSync(path);
    // Children have to be written below it; the mode is set at the end.
    chmodSync(path, 0o700);
  } else if (entry.type === "symlink") symlinkSync(entry.linkTarget ?? "", path);
  else if (entry.type === "file" && entry.hardLink !== undefined)
    linkSync(fsPath(join(folder, entry.hardLink)), path);
  else if (entry.type === "file")
    copyFileSync(fsPath(tree.locate(entry.path)), path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
}

function finishEntry(entry: Entry, folder: string, time: number | undefined): void {
  if (entry.type !== "file" && entry.type !== "dir" && entry.type !== "symlink") return;
  const path = fsPath(join(folder, entry.path));
  if (entry.type !== "symlink") chmodSync(path, entry.mode);
  for (const [name, value] of Object.entries(entry.xattrs ?? {}))
    setAttribute(join(folder, entry.path), name, value);
  const seconds = time ?? entry.mtime + entry.mtimeNs / 1e9;
  lutimesSync(path, seconds, seconds);
}

/** The best that can be done: an ordinary user may not set most attributes, and not every file system has them. */
function setAttribute(path: string, name: string, value: Uint8Array): void {
  try {
    if (hasLibc()) libc().setXattr(path, name, value);
  } catch (error) {
    if (!["EPERM", "EACCES", "ENOTSUP"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

function removeExtraneous(folder: string, wanted: ReadonlySet<string>, directory: string): void {
  for (const name of readdirSync(fsPath(join(folder, directory)), { encoding: "buffer" })) {
    const path = join(directory, decodeName(name));
    const at = fsPath(join(folder, path));
    if (!wanted.has(path)) rmSync(at, { recursive: true, force: true });
    else if (lstatSync(at).isDirectory()) removeExtraneous(folder, wanted, path);
  }
}
