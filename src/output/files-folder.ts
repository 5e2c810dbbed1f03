import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { TimeSlices } from "../context/time-slices.ts";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { systemErrorCode } from "../core/errors.ts";
import { decodeName, fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { hasLibc, libc } from "../sys/libc.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { copyWholeFile } from "./copy-whole-file.ts";
import { outputError } from "./destination.ts";
import type { FilesPart } from "./platform-files.ts";

export interface FilesFolderRequest {
  readonly parts: readonly FilesPart[];
  readonly folder: string;
  readonly cwd: string;
  /** Remove what the result does not have, after everything was written. */
  readonly deleteExtraneous: boolean;
  /** Told once, where something had to be left out. */
  readonly warn: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The files of a result in a folder, as the current user: modes, times, links, devices and attributes are kept, owners are not
 * (SPEC XP-05); folders of platforms have the epoch's time, or that of 1970. A link that is in the way is replaced, never
 * followed: an earlier export cannot redirect this one. Devices that the user may not make are left out, with a warning. On abort
 * it rejects with `CANCELLED` soon; a folder that was made for a result that is not whole is gone again.
 */
export async function writeFilesFolder(request: FilesFolderRequest): Promise<void> {
  const folder = resolve(request.cwd, request.folder);
  for (const { tree, entries } of request.parts)
    await tree.prepare(entries.filter((entry) => entry.type === "file").map((entry) => entry.path));
  throwIfAborted(request.signal);
  let isNew = false;
  try {
    isNew = !lstatSync(folder, { throwIfNoEntry: false });
    await new FolderWriter(folder, request).write();
  } catch (error) {
    if (isNew) await rm(folder, { recursive: true, force: true }).catch(() => {});
    throw outputError(error, folder);
  }
}

class FolderWriter {
  readonly #folder: string;
  readonly #request: FilesFolderRequest;
  readonly #slices: TimeSlices;
  /** Paths of devices that could not be made. */
  readonly #leftOut = new Set<string>();

  constructor(folder: string, request: FilesFolderRequest) {
    this.#folder = folder;
    this.#request = request;
    this.#slices = new TimeSlices(request.signal);
  }

  async write(): Promise<void> {
    const { parts, deleteExtraneous } = this.#request;
    for (const part of parts) await this.#writePart(part);
    // Only now: a folder that several platforms share may be one that nobody can write to.
    for (const { entries, prefix, time } of parts.toReversed())
      for (const entry of entries.toReversed()) {
        await this.#turn();
        if (!this.#leftOut.has(join(prefix, entry.path)))
          finishEntry(entry, join(this.#folder, prefix), time);
      }
    if (deleteExtraneous) await this.#removeExtraneous(writtenPaths(parts), "");
    for (const { prefix, time = 0 } of parts)
      if (prefix) lutimesSync(fsPath(join(this.#folder, prefix)), time, time);
    this.#warnOfLeftOut();
  }

  async #writePart({ tree, entries, prefix }: FilesPart): Promise<void> {
    const folder = join(this.#folder, prefix);
    makeFolders(this.#folder);
    if (prefix) makeRoom(folder, "dir");
    makeFolders(folder);
    for (const entry of entries) {
      await this.#turn();
      const path = join(folder, entry.path);
      makeRoom(path, entry.type);
      if (entry.type === "file" && entry.hardLink === undefined)
        await copyWholeFile(fsPath(tree.locate(entry.path)), fsPath(path), {
          size: entry.size,
          ...(this.#request.signal ? { signal: this.#request.signal } : {}),
        });
      else if (!makeEntry(entry, folder)) this.#leftOut.add(join(prefix, entry.path));
    }
  }

  async #removeExtraneous(wanted: ReadonlySet<string>, directory: string): Promise<void> {
    for (const name of readdirSync(fsPath(join(this.#folder, directory)), { encoding: "buffer" })) {
      await this.#turn();
      const path = join(directory, decodeName(name));
      const at = fsPath(join(this.#folder, path));
      if (!wanted.has(path)) rmSync(at, { recursive: true, force: true });
      else if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory())
        await this.#removeExtraneous(wanted, path);
    }
  }

  async #turn(): Promise<void> {
    if (this.#slices.isOver) await this.#slices.pause();
  }

  #warnOfLeftOut(): void {
    const [first, ...more] = this.#leftOut;
    if (first === undefined) return;
    const others = more.length > 0 ? ` and ${more.length} more` : "";
    this.#request.warn(
      `left out of ${this.#request.folder}: /${printableName(first)}${others}, since only root can make device files`,
    );
  }
}

function writtenPaths(parts: readonly FilesPart[]): ReadonlySet<string> {
  return new Set(
    parts.flatMap(({ entries, prefix }) =>
      prefix ? [prefix, ...entries.map(({ path }) => `${prefix}/${path}`)] : entries.map(({ path }) => path),
    ),
  );
}

/** Takes away what is there, but for a folder where one is to be. */
function makeRoom(path: string, type: Entry["type"]): void {
  const at = fsPath(path);
  const existing = lstatSync(at, { throwIfNoEntry: false });
  if (existing && !(type === "dir" && existing.isDirectory())) rmSync(at, { recursive: true, force: true });
}

/** Everything but the bytes of files; false where the user may not make it. */
function makeEntry(entry: Entry, folder: string): boolean {
  const name = join(folder, entry.path);
  const path = fsPath(name);
  switch (entry.type) {
    case "dir":
      if (!lstatSync(path, { throwIfNoEntry: false })) mkdirSync(path);
      // Children have to be written below it; the mode is set at the end.
      chmodSync(path, 0o700);
      return true;
    case "symlink":
      symlinkSync(fsPath(entry.linkTarget ?? ""), path);
      return true;
    case "file":
      linkSync(fsPath(join(folder, entry.hardLink ?? "")), path);
      return true;
    case "fifo":
    case "char":
    case "block":
      return makeSpecial(entry, entry.type, name);
    case "whiteout":
      return false;
    default:
      return entry.type satisfies never;
  }
}

/** Pipes can be made by everybody, devices by root outside of user namespaces. */
function makeSpecial(entry: Entry, type: "fifo" | "char" | "block", path: string): boolean {
  if (!hasLibc()) return false;
  try {
    if (type === "fifo") libc().makeFifo(path, 0o600);
    else
      libc().makeDevice(path, type, { mode: 0o600, major: entry.devMajor ?? 0, minor: entry.devMinor ?? 0 });
    return true;
  } catch (error) {
    if (!["EPERM", "EACCES", "ENOTSUP"].includes(systemErrorCode(error) ?? "")) throw error;
    return false;
  }
}

function finishEntry(entry: Entry, folder: string, time: number | undefined): void {
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
