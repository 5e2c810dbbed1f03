import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { LOG_LIMITS, logFile } from "./log-writer.ts";

const OLDEST = LOG_LIMITS.files - 1;

/** Opens all files of a log, the oldest first. Whoever holds them loses nothing of them when they are rotated away. */
export function openLogFiles(folder: string): number[] {
  const oldest = openOldest(folder);
  return oldest === undefined ? [] : [oldest, ...(openNewer(folder, oldest) ?? [])];
}

/**
 * Opens the files that are newer than the one that is held, the oldest first. Undefined where that one has been rotated away, so that
 * nobody knows what came between. A file is known by its inode, which nobody else has while it is held: its name changes at any time.
 */
export function openNewer(folder: string, held: number): number[] | undefined {
  const files: number[] = [];
  for (let last = held; ; last = files.at(-1) ?? held) {
    const next = openNext(folder, last);
    if (next === "lost") return files.length === 0 ? undefined : files;
    if (next === undefined) return files;
    files.push(next);
  }
}

/** A rotation renames the oldest file first, so that what was looked at can have moved up meanwhile, and is looked at again. */
function openOldest(folder: string): number | undefined {
  for (;;) {
    const found = openFirst(folder, upFrom(0, OLDEST).reverse());
    if (!found || found.n === OLDEST || inodeAt(folder, found.n + 1) === undefined) return found?.fd;
    closeSync(found.fd);
  }
}

function openNext(folder: string, held: number): number | "lost" | undefined {
  const inode = fstatSync(held, { bigint: true }).ino;
  for (;;) {
    const place = upFrom(0, OLDEST).find((n) => inodeAt(folder, n) === inode);
    if (place === undefined) return "lost";
    const found = openFirst(folder, upFrom(0, place - 1).reverse());
    // Nothing has moved where it is still there, and what lies between is still missing.
    const between = found ? upFrom(found.n + 1, place - 1) : [];
    const isSame = inodeAt(folder, place) === inode;
    if (isSame && between.every((n) => inodeAt(folder, n) === undefined)) return found?.fd;
    if (found) closeSync(found.fd);
  }
}

function openFirst(folder: string, numbers: readonly number[]): { n: number; fd: number } | undefined {
  for (const n of numbers) {
    try {
      return { n, fd: openSync(logFile(folder, n), "r") };
    } catch {
      // There are not so many, or it has just been put aside.
    }
  }
  return undefined;
}

function inodeAt(folder: string, n: number): bigint | undefined {
  return statSync(logFile(folder, n), { throwIfNoEntry: false, bigint: true })?.ino;
}

/** Both ends included. */
function upFrom(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
