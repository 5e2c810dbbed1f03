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
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import { outputError } from "./destination.ts";
import { withoutForeignLinks } from "./files-archive.ts";

export interface FilesFolderRequest {
  readonly tree: ChainTree;
  readonly folder: string;
  readonly cwd: string;
  readonly subfolder?: string;
  /** Remove what the result does not have, after everything was written. */
  readonly deleteExtraneous: boolean;
  readonly time?: number;
  readonly signal?: AbortSignal;
}

/**
 * The files of a result in a folder, as the current user: modes, times and links are kept, owners are not, devices are left out
 * (SPEC XP-05). A link that is in the way is replaced, never followed: an earlier export cannot redirect this one.
 */
export async function writeFilesFolder(request: FilesFolderRequest): Promise<void> {
  const { tree, signal } = request;
  const folder = join(resolve(request.cwd, request.folder), request.subfolder ?? "");
  const entries = withoutForeignLinks([...tree.walk("")]);
  await tree.prepare(entries.filter((entry) => entry.type === "file").map((entry) => entry.path));
  try {
    mkdirSync(folder, { recursive: true });
    for (const entry of entries) {
      throwIfAborted(signal);
      writeEntry(tree, entry, folder);
    }
    for (const entry of [...entries].reverse()) finishEntry(entry, folder, request.time);
    if (request.deleteExtraneous) removeExtraneous(folder, new Set(entries.map((entry) => entry.path)), "");
  } catch (error) {
    throw outputError(error, folder);
  }
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
  const seconds = time ?? entry.mtime + entry.mtimeNs / 1e9;
  lutimesSync(path, seconds, seconds);
}

function removeExtraneous(folder: string, wanted: ReadonlySet<string>, directory: string): void {
  for (const name of readdirSync(fsPath(join(folder, directory)))) {
    const path = directory === "" ? name : `${directory}/${name}`;
    if (!wanted.has(path)) rmSync(join(folder, path), { recursive: true, force: true });
    else if (lstatSync(join(folder, path)).isDirectory()) removeExtraneous(folder, wanted, path);
  }
}
