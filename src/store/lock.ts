import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { hasLibc, libc } from "../sys/libc.ts";
import type { LockRecords } from "./lock-records.ts";

export interface LockOptions {
  /** Several may hold it at once, but nobody exclusively; default exclusive. */
  readonly shared?: boolean;
  readonly signal?: AbortSignal;
  /** False: throw `STORE_BUSY` instead of waiting. */
  readonly wait?: boolean;
}

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

/**
 * Advisory locks between processes, by name. The kernel releases them when their holder dies, however it dies (flock(2)).
 * Where flock cannot be called, records in the index take their place. Not reentrant.
 */
export class Locks {
  readonly #folder: string;
  readonly #records: () => LockRecords;

  /** `records` opens the fallback; it is called only where flock is missing. */
  constructor(folder: string, records: () => LockRecords) {
    this.#folder = folder;
    this.#records = records;
  }

  /** Runs `task` while the lock is held. Waits without blocking the event loop; throws `CANCELLED` when aborted meanwhile. */
  async withLock<T>(name: string, task: () => Promise<T> | T, options: LockOptions = {}): Promise<T> {
    const release = await this.acquire(name, options);
    try {
      return await task();
    } finally {
      release();
    }
  }

  /** Takes the lock; the result gives it back, and does nothing the second time. */
  async acquire(name: string, options: LockOptions = {}): Promise<() => void> {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      throwIfAborted(options.signal);
      const release = this.#try(name, options.shared ?? false);
      if (release) return once(release);
      if (options.wait === false)
        throw new SlipwayError("STORE_BUSY", `another process holds the lock "${name}"`, {
          facts: { lock: name },
        });
      // Waiters that started together should not ask together for ever.
      await sleep(
        pause * (0.5 + Math.random()),
        undefined,
        options.signal ? { signal: options.signal } : {},
      ).catch(() => throwIfAborted(options.signal));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Takes the lock, for what lasts milliseconds: the calling thread waits for it. */
  acquireSync(name: string): () => void {
    for (;;) {
      const release = this.tryAcquire(name);
      if (release) return release;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FIRST_PAUSE_MS);
    }
  }

  /** Takes the lock if it is free at this moment; undefined where it is not. */
  tryAcquire(name: string, shared = false): (() => void) | undefined {
    const release = this.#try(name, shared);
    return release && once(release);
  }

  #try(name: string, shared: boolean): (() => void) | undefined {
    if (!hasLibc()) return this.#records().take(name, shared);
    return tryFileLock(join(this.#folder, fileName(name)), shared);
  }
}

/** Takes a file's lock if it is free. The file is made if need be, and removed by the last exclusive holder. */
export function tryFileLock(path: string, shared: boolean): (() => void) | undefined {
  for (;;) {
    const fd = openLockFile(path);
    let isHeld = false;
    try {
      if (!libc().lock(fd, shared ? "shared" : "exclusive")) return undefined;
      // The last holder may have removed the file between our open and our lock: then this lock guards nothing.
      isHeld = isSameFile(fd, path);
    } finally {
      if (!isHeld) closeSync(fd);
    }
    if (isHeld) return () => releaseFileLock(fd, path, shared);
  }
}

function openLockFile(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    throw describeSystemError(error, `opening the lock ${path}`);
  }
}

/** Only an exclusive holder may remove the file: nobody else can hold it then. */
function releaseFileLock(fd: number, path: string, shared: boolean): void {
  try {
    if (!shared && isSameFile(fd, path)) unlinkSync(path);
  } finally {
    closeSync(fd);
  }
}

function isSameFile(fd: number, path: string): boolean {
  const held = fstatSync(fd);
  try {
    const named = statSync(path);
    return held.ino === named.ino && held.dev === named.dev;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function fileName(name: string): string {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$/.test(name)
    ? name
    : createHash("sha256").update(name).digest("hex");
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
