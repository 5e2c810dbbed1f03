import { closeSync, constants, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import { hasLibc, libc } from "../sys/libc.ts";

const PAUSE_MS = 10;

/**
 * Runs a task while no other process does so with the same folder. The folder itself is locked (flock(2)): nothing is added to
 * what others read, and the lock ends with its holder, however that ends. Where the file system has no such locks (NFS wants a
 * file open for writing) the task runs without. Throws `CANCELLED` when aborted while it waits.
 */
export async function withFolderLock<T>(
  folder: string,
  signal: AbortSignal | undefined,
  task: () => T,
): Promise<T> {
  if (!hasLibc()) return task();
  const descriptor = openSync(fsPath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    while (!isLocked(descriptor)) {
      throwIfAborted(signal);
      await sleep(PAUSE_MS * (0.5 + Math.random()));
    }
    return task();
  } finally {
    closeSync(descriptor);
  }
}

/** True where locks cannot be had, too. */
function isLocked(descriptor: number): boolean {
  try {
    return libc().lock(descriptor, "exclusive");
  } catch (error) {
    if (
      ["EBADF", "EINVAL", "ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP"].includes(systemErrorCode(error) ?? "")
    )
      return true;
    throw error;
  }
}
