const HEAD_BYTES = 1024 * 1024;
const TAIL_BYTES = 31 * 1024 * 1024;

/**
 * The output of one step, kept until it is known that the step succeeded. Complete up to 32 MiB; of more, the first MiB
 * and the last 31 are kept, and what lies between is counted.
 */
export class StepLog {
  readonly #head: Uint8Array[] = [];
  readonly #tail: Uint8Array[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #dropped = 0;

  append(data: Uint8Array): void {
    if (this.#headBytes < HEAD_BYTES) {
      this.#head.push(data);
      this.#headBytes += data.length;
      return;
    }
    this.#tail.push(data);
    this.#tailBytes += data.length;
    while (this.#tailBytes > TAIL_BYTES && this.#tail.length > 1) {
      const first = this.#tail.shift()!;
      this.#tailBytes -= first.length;
      this.#dropped += first.length;
    }
  }

  /** Chunks in order; `dropped` bytes are missing between the two lists. */
  read(): {
    readonly head: readonly Uint8Array[];
    readonly dropped: number;
    readonly tail: readonly Uint8Array[];
  } {
    return { head: this.#head, dropped: this.#dropped, tail: this.#tail };
  }
}
