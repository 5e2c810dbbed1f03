import type { ContainerState } from "./container-record.ts";

/** The state of a container in the hands of its monitor: every change is written, and told to whoever waits for it. */
export class StateWatch {
  #state: ContainerState;
  #hasEnded = false;
  readonly #write: (state: ContainerState) => void;
  readonly #waiting = new Set<() => void>();

  constructor(state: ContainerState, write: (state: ContainerState) => void) {
    this.#state = state;
    this.#write = write;
  }

  get now(): ContainerState {
    return this.#state;
  }

  /** Nothing is going to change any more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Changes members and takes others away, in one step for whoever reads. */
  change(change: Partial<ContainerState>, without: readonly (keyof ContainerState)[] = []): void {
    const kept = Object.entries({ ...this.#state, ...change }).filter(
      ([name]) => !(without as readonly string[]).includes(name),
    );
    this.#state = Object.fromEntries(kept) as unknown as ContainerState;
    this.#write(this.#state);
    this.#tell();
  }

  end(): void {
    this.#hasEnded = true;
    this.#tell();
  }

  /** Resolves with true when `isSo` holds, with false where the end comes first. */
  until(isSo: (state: ContainerState) => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const look = (): void => {
        const fits = isSo(this.#state);
        if (!fits && !this.#hasEnded) return;
        this.#waiting.delete(look);
        resolve(fits);
      };
      this.#waiting.add(look);
      look();
    });
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }
}
