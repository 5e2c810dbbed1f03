import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { libc } from "../sys/libc.ts";
import { makeFolders } from "../sys/make-folders.ts";
import type { OverlayXattrPrefix } from "./overlay.ts";
import { copyMetadata } from "./write-stubs.ts";

/**
 * Turns a portable snapshot (bytes, links and directories on disk; owners, modes, attributes, devices and whiteouts only in
 * the table of contents) into the native form that overlayfs takes as a layer, in place. Doing it twice does no harm, so that
 * an interrupted conversion is simply repeated. `entries` in path order, as a table of contents lists them.
 */
export function convertToNative(
  entries: Iterable<Entry>,
  directory: string,
  prefix: OverlayXattrPrefix,
): void {
  const directories: Entry[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.path);
    if (entry.type === "dir") {
      if (entry.path !== "") makeFolders(path, 0o755);
      // Its mode could lock us out, and what is made inside changes its time: last of all.
      directories.push(entry);
    } else if (entry.type === "whiteout") {
      makeWhiteout(path);
    } else if (entry.type !== "file" || entry.hardLink === undefined) {
      if (makeSpecial(entry, path)) applyMetadata(entry, path);
    }
  }
  for (const entry of directories.reverse()) {
    const path = join(directory, entry.path);
    if (entry.opaque) libc().setXattr(path, `${prefix}opaque`, Buffer.from("y"));
    copyMetadata(path, entry);
  }
}

function makeWhiteout(path: string): void {
  const stat = fs.lstatSync(fsPath(path), { throwIfNoEntry: false });
  if (stat) return;
  makeFolders(dirname(path), 0o755);
  libc().makeDevice(path, "char", { mode: 0, major: 0, minor: 0 });
}

/** False where the kernel refuses a device: in a user namespace nobody may make one, and the table of contents still has it. */
function makeSpecial(entry: Entry, path: string): boolean {
  if (entry.type !== "char" && entry.type !== "block" && entry.type !== "fifo") return true;
  const stat = fs.lstatSync(fsPath(path), { throwIfNoEntry: false });
  if (stat?.isFIFO() || stat?.isCharacterDevice() || stat?.isBlockDevice()) return true;
  if (stat) fs.unlinkSync(fsPath(path));
  if (entry.type === "fifo") libc().makeFifo(path, 0o600);
  else return makeDevice(entry, entry.type, path);
  return true;
}

function makeDevice(entry: Entry, type: "char" | "block", path: string): boolean {
  try {
    libc().makeDevice(path, type, { mode: 0o600, major: entry.devMajor ?? 0, minor: entry.devMinor ?? 0 });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EPERM") return false;
    throw error;
  }
}

function applyMetadata(entry: Entry, path: string): void {
  if (entry.type !== "symlink") return copyMetadata(path, entry);
  fs.lchownSync(fsPath(path), entry.uid, entry.gid);
  const time = BigInt(entry.mtime) * 1_000_000_000n + BigInt(entry.mtimeNs);
  libc().setTimes(path, time, time);
}
