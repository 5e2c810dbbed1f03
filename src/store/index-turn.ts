import { closeSync, openSync } from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { hasLibc, libc } from "../sys/libc.ts";

const NO_ROOM: readonly unknown[] = ["ENOSPC", "EDQUOT"];

/**
 * Lets one process at a time open, close or write the index. LMDB's own lock is not enough for that: opening a database
 * sets the number of the last transaction, which all processes share, to what the file said a moment before, and without
 * the writer's lock. Where another process committed in between, transactions are numbered twice, and pages that are in
 * use are written over. And the last process to close destroys the locks for which a process that opens already waits.
 */
export class IndexTurn {
  readonly #path: string;
  #fd: number | undefined;
  #depth = 0;

  constructor(index: string) {
    this.#path = `${index}-turn`;
  }

  /** Runs `action`, which has to be synchronous, while no other process has its turn. May be nested. */
  take<T>(action: () => T): T {
    if (this.#depth === 0) this.#lock();
    this.#depth += 1;
    try {
      return action();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0 && this.#fd !== undefined) libc().unlock(this.#fd);
    }
  }

  /** Closes the file; the next turn opens it again. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #lock(): void {
    if (!hasLibc()) return;
    this.#fd ??= this.#open();
    if (this.#fd !== undefined) libc().lock(this.#fd, "exclusive", { wait: true });
  }

  /** Undefined on a full disk: what is there can be read all the same. */
  #open(): number | undefined {
    try {
      return openSync(this.#path, "a", 0o600);
    } catch (error) {
      if (NO_ROOM.includes(systemErrorCode(error))) return undefined;
      throw error;
    }
  }
}
