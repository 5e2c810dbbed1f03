import { startTimer } from "../core/timer.ts";
import { signalNumber } from "../plan/signals.ts";
import { DEFAULT_STOP_SECONDS } from "./container-options.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { StateWatch } from "./state-watch.ts";

export interface StopSettings {
  /** A signal's number. */
  readonly signal: number;
  /** Seconds until SIGKILL; -1 never. */
  readonly timeout: number;
}

const SIGTERM = 15;
const SIGKILL = 9;
/** How long the kernel may take over a SIGKILL before the namespaces are taken away. */
const PATIENCE_MS = 5000;

/** How a container wants to be stopped: as the command line says, else as its image does (SPEC DR-04). */
export function stopSettings({ options, image }: Pick<ContainerRecord, "options" | "image">): StopSettings {
  const signal = options.stopSignal ?? image.config.StopSignal;
  return {
    signal: (signal ? signalNumber(signal) : undefined) ?? SIGTERM,
    timeout: options.stopTimeout ?? DEFAULT_STOP_SECONDS,
  };
}

/** Asks the process of a container to end, and forces it to when its time is up. One for all runs of a container. */
export class StopRequest {
  readonly #state: StateWatch;
  readonly #settings: StopSettings;
  #kill: ((signal: number) => void) | undefined;
  #force: () => void = () => {};
  #wake: () => void = () => {};
  #isStopped = false;

  constructor(state: StateWatch, settings: StopSettings) {
    this.#state = state;
    this.#settings = settings;
  }

  /** Somebody asked for the end: it does not run again. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** From now on there is something to end; `force` takes its namespaces away. */
  started(kill: (signal: number) => void, force: () => void): void {
    this.#kill = kill;
    this.#force = force;
  }

  ended(): void {
    this.#kill = undefined;
    this.#force = () => {};
  }

  /** Resolves when the container has ended and will not run again. */
  async request(settings: Partial<StopSettings> = {}): Promise<void> {
    const { signal, timeout } = { ...this.#settings, ...settings };
    this.#markStopped();
    // A process that has only just been started is not the command yet, and would not know the signal.
    await this.#state.until(({ status }) => status === "running");
    const timers: (() => void)[] = [];
    const force = (): void => {
      this.#kill?.(SIGKILL);
      timers.push(startTimer(PATIENCE_MS, () => this.#force()));
    };
    if (timeout === 0) force();
    else this.#kill?.(signal);
    if (timeout > 0) timers.push(startTimer(timeout * 1000, force));
    await this.#state.until(() => false);
    for (const stopTimer of timers) stopTimer();
  }

  /** Sends a signal; false where there is nothing to send it to. */
  send(signal: number, ends: boolean): boolean {
    if (ends) this.#markStopped();
    if (!this.#kill) return false;
    this.#kill(signal);
    return true;
  }

  /** What somebody else sends counts, too, where it is the signal to stop by (as Docker has it for `kill`). */
  isEnd(signal: number): boolean {
    return signal === SIGKILL || signal === this.#settings.signal;
  }

  /** Waits; true where the container is to be stopped meanwhile. */
  async within(ms: number): Promise<boolean> {
    if (this.#isStopped) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
    return this.#isStopped;
  }

  #markStopped(): void {
    this.#isStopped = true;
    this.#state.change({ isStopped: true });
    this.#wake();
  }
}
