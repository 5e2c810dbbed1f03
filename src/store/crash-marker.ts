import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { hasLibc, libc } from "../sys/libc.ts";
import { readFileIfThere, writeFileAtomically } from "./atomic-file.ts";
import { bootId } from "./owner.ts";

const PAUSE_MS = 5;

/**
 * Says whether the index may have lost writes. The index is written without fsync: a process that is killed loses nothing,
 * because its writes are in the kernel's cache, but a machine that loses power may keep some pages and lose others. So
 * the first write of a process leaves a marker with the boot id, and the last writer to leave flushes and takes it away.
 * A marker of an earlier boot means that nobody flushed.
 */
export class CrashMarker {
  readonly #marker: string;
  readonly #writers: string;
  readonly #temporaryFile: () => string;
  #fd: number | undefined;

  /** `temporaryFile` gives a new path on the same file system. */
  constructor(index: string, temporaryFile: () => string) {
    this.#temporaryFile = temporaryFile;
    this.#marker = `${index}-dirty`;
    this.#writers = `${index}-writers`;
  }

  /** Runs `recover` if an earlier boot left the index unflushed; one process at a time. */
  recoverIfSuspect(recover: () => void): void {
    if (!this.#isSuspect()) return;
    const fd = openSync(this.#writers, "a", 0o600);
    try {
      while (hasLibc() && !libc().lock(fd, "exclusive")) {
        // Somebody else is recovering, or has done so and writes already.
        if (!this.#isSuspect()) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
      if (!this.#isSuspect()) return;
      recover();
      rmSync(this.#marker, { force: true });
    } finally {
      closeSync(fd);
    }
  }

  /** Before the first write of this process. */
  begin(): void {
    if (this.#fd !== undefined) return;
    const fd = openSync(this.#writers, "a", 0o600);
    try {
      if (hasLibc()) libc().lock(fd, "shared", { wait: true });
      if (readFileIfThere(this.#marker)?.toString() !== bootId()) {
        writeFileAtomically(this.#marker, bootId(), this.#temporaryFile());
        syncFolder(dirname(this.#marker));
      }
    } catch (error) {
      // Without a marker nothing may be written; the next write tries again.
      closeSync(fd);
      throw error;
    }
    this.#fd = fd;
  }

  /** After the last write. `flush` is called if no other writer is left; without locks nobody can tell, so the marker stays. */
  end(flush: () => void): void {
    if (this.#fd === undefined) return;
    try {
      if (!hasLibc() || !libc().lock(this.#fd, "exclusive")) return;
      flush();
      rmSync(this.#marker, { force: true });
    } finally {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }

  #isSuspect(): boolean {
    const boot = readFileIfThere(this.#marker)?.toString();
    return boot !== undefined && boot !== bootId();
  }
}

/** Makes renames in a folder durable. */
function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
