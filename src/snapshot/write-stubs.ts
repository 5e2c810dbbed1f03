import { chmodSync, lchownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { libc } from "../sys/libc.ts";
import type { Stub } from "./stubs.ts";

/** Creates the stubs below `directory`, which exists and is empty. Directories of the image look there as they do in the image. */
export function writeStubs(directory: string, stubs: readonly Stub[]): void {
  for (const { path, type } of stubs) {
    const at = fsPath(join(directory, path));
    if (type === "dir") mkdirSync(at, 0o755);
    else writeFileSync(at, "", { flag: "wx", mode: 0o644 });
  }
  // Deepest first: making an entry changes the time of the directory that holds it.
  for (const { path, type, like } of stubs.toReversed()) {
    if (like) copyMetadata(join(directory, path), like);
    else chmodSync(fsPath(join(directory, path)), type === "dir" ? 0o755 : 0o644);
  }
}

/** Gives a directory the owner, mode, attributes and time of `like`. */
export function copyMetadata(path: string, like: Entry): void {
  lchownSync(fsPath(path), like.uid, like.gid);
  chmodSync(fsPath(path), like.mode);
  for (const [name, value] of Object.entries(like.xattrs ?? {})) setXattr(path, name, value);
  const time = BigInt(like.mtime) * 1_000_000_000n + BigInt(like.mtimeNs);
  libc().setTimes(path, time, time);
}

/** An attribute that a user namespace may not set is not in that user's snapshots either. */
function setXattr(path: string, name: string, value: Uint8Array): void {
  try {
    libc().setXattr(path, name, value);
  } catch (error) {
    if (!["EPERM", "ENOTSUP"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
