import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Locks } from "./lock.ts";
import type { StorePaths } from "./paths.ts";

/** The name of the lock that whoever works on an unfinished download holds. */
export function partialLock(hex: string): string {
  return `partial-${hex}`;
}

/** Removes every unfinished download that nobody is working on, young ones too; gives the bytes that were in each. */
export function dropPartials(paths: StorePaths, locks: Locks): readonly number[] {
  return namesIn(paths.partial).flatMap((name) => {
    try {
      const release = locks.tryAcquire(partialLock(name));
      if (!release) return [];
      try {
        const path = join(paths.partial, name);
        const { size } = lstatSync(path);
        rmSync(path, { recursive: true, force: true });
        return [size];
      } finally {
        release();
      }
    } catch {
      // One that cannot be removed is no reason to keep the others.
      return [];
    }
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
