import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";

/** Longest time, in milliseconds, that work in slices keeps the event loop waiting (a single piece of work aside). */
const SLICE_MS = 10;

/** Gives timers, signals and other work a turn whenever a slice of time is used up. Rejects with `CANCELLED` on abort. */
export class TimeSlices {
  readonly #signal: AbortSignal | undefined;
  #until = performance.now() + SLICE_MS;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** To be asked after every piece of work; `pause` is called only where this is true. */
  get isOver(): boolean {
    return performance.now() >= this.#until;
  }

  async pause(): Promise<void> {
    await setImmediate();
    throwIfAborted(this.#signal);
    this.#until = performance.now() + SLICE_MS;
  }
}
