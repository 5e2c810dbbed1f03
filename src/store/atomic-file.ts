import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { systemErrorCode } from "../core/errors.ts";

/**
 * Replaces a small file: readers see the old or the new content whole, also after a loss of power. `temporary` is a path in
 * the temporary area, where a kill leaves it for the next sweep. System errors pass unchanged.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, temporary: string): void {
  try {
    writeDurably(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The same for a file that the first of several processes makes: one that is there stays as it is. */
export function createFileAtomically(path: string, content: string | Uint8Array, temporary: string): void {
  try {
    writeDurably(temporary, content);
    linkSync(temporary, path);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const fd = openSync(path, "wx", 0o644);
  try {
    const bytes = Buffer.from(content as Uint8Array);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    // A name can reach the disk before the bytes do; then a loss of power would leave an empty file.
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The content, or undefined where there is no such file. */
export function readFileIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}
