import { closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { libc } from "../../src/sys/libc.ts";

const POLL_MS = 50;

/** Where costly fixtures outlive a run: `$SLIPWAY_TEST_CACHE`, or a folder per user beside the temporary files. */
export function cacheFolder(): string {
  const folder = process.env.SLIPWAY_TEST_CACHE || join(tmpdir(), `slipway-test-cache-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Path of the cached file `name`, made by `make(temporaryPath)` on first use by exactly one of the test processes. */
export function cachedFile(name: string, make: (path: string) => Promise<void>): Promise<string> {
  return madeOnce(join(cacheFolder(), name), make);
}

/** The path of `file`, which is made in the same way. */
export async function madeOnce(file: string, make: (path: string) => Promise<void>): Promise<string> {
  if (!existsSync(file))
    await exclusively(`${file}.lock`, async () => {
      if (existsSync(file)) return;
      await make(`${file}.new`);
      renameSync(`${file}.new`, file);
    });
  return file;
}

/** Does what one process of this machine at a time may do. The kernel lets go of the lock of a process that dies. */
export async function exclusively<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const descriptor = openSync(lock, "a", 0o600);
  try {
    while (!libc().lock(descriptor, "exclusive")) await sleep(POLL_MS);
    return await work();
  } finally {
    closeSync(descriptor);
  }
}
