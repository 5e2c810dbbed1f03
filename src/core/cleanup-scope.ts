import { SlipwayError } from "./errors.ts";

/** Things to undo, last in, first out, exactly once. Used as `await using scope = new CleanupScope()` or through `close`. */
export class CleanupScope {
  readonly #actions: (() => void | Promise<void>)[] = [];
  #closed = false;

  /** Adds an action. Actions added after `close` run at once. */
  defer(action: () => void | Promise<void>): void {
    if (this.#closed) void Promise.resolve(action()).catch(() => {});
    else this.#actions.push(action);
  }

  /** Does the work and then closes; where the work fails, its error is the one thrown, whatever closing meets. */
  async around<T>(work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
    await this.close();
    return result;
  }

  /** Runs every action even if some fail, then throws the first failure. */
  async close(): Promise<void> {
    this.#closed = true;
    let failure: unknown;
    for (let action = this.#actions.pop(); action; action = this.#actions.pop()) {
      try {
        await action();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}

/** Throws `CANCELLED` once the signal is aborted; the signal's reason is the cause. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

export function cancelled(signal?: AbortSignal): SlipwayError<"CANCELLED"> {
  return new SlipwayError(
    "CANCELLED",
    "cancelled",
    signal?.reason === undefined ? {} : { cause: signal.reason },
  );
}
