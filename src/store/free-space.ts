import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DISK_FULL_HINT, SlipwayError } from "../core/errors.ts";

/** What one transaction of the index may write besides its values: copies of the pages on the way to them. Bytes. */
const PAGES = 96 * 1024;

/**
 * Tells whether a transaction with `bytes` of values fits on the disk beside `path`. Asked before LMDB is: its writer prints to
 * standard error by itself when the disk is full. A file system that does not tell has space.
 */
export function hasSpaceFor(path: string, bytes: number): boolean {
  try {
    const { blocks, bavail, bfree, bsize } = statfsSync(dirname(path));
    // What is set aside for root is root's to use.
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return blocks === 0 || free * bsize >= PAGES + 2 * bytes;
  } catch {
    return true;
  }
}

/** What is told where the index would not fit. */
export function indexDiskFull(path: string, cause?: unknown): SlipwayError<"DISK_FULL"> {
  return new SlipwayError("DISK_FULL", `no space left on the device while writing ${path}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: DISK_FULL_HINT,
  });
}
