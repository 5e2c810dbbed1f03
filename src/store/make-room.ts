import { rmSync } from "node:fs";
import { isSlipwayError, systemErrorCode } from "../core/errors.ts";
import type { Locks } from "./lock.ts";
import { dropPartials } from "./partial-folder.ts";
import type { StorePaths } from "./paths.ts";

/** Gives up what only saves time: unfinished downloads, copies of the index, compiled code. It takes no space to do so. */
export function makeRoom(paths: StorePaths, locks: Locks): void {
  dropPartials(paths, locks);
  for (const folder of [paths.recall, paths.compileCache, paths.filters])
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Then there is less room.
    }
}

/** Runs `action`, and once more after `makeRoom` where the disk was full. */
export function withRoom<T>(action: () => T, makeRoom: () => void): T {
  try {
    return action();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    makeRoom();
    return action();
  }
}

export function isDiskFull(error: unknown): boolean {
  return isSlipwayError(error, "DISK_FULL") || ["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "");
}
