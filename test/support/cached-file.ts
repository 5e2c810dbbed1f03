import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;

/** Where costly fixtures outlive a run: `$SLIPWAY_TEST_CACHE`, or a folder per user beside the temporary files. */
export function cacheFolder(): string {
  const folder = process.env.SLIPWAY_TEST_CACHE || join(tmpdir(), `slipway-test-cache-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Path of the cached file `name`, made by `make(temporaryPath)` on first use by exactly one of the test processes. */
export async function cachedFile(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const file = join(cacheFolder(), name);
  const lock = `${file}.lock`;
  while (!existsSync(file)) {
    if (!takeLock(lock)) {
      await sleep(POLL_MS);
      continue;
    }
    try {
      if (!existsSync(file)) {
        await make(`${file}.new`);
        renameSync(`${file}.new`, file);
      }
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return file;
}

/** A lock whose owner is gone is removed, and the next attempt takes it. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
    if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
