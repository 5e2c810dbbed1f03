/**
 * Memory that a fuzzing thread shares with the one that watches it: how far it is, and the input it is busy with. When the
 * thread hangs or dies, this is how its input is known.
 */
export class SharedCell {
  static readonly LARGEST = 4 << 20;
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #input: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(16 + SharedCell.LARGEST)) {
    this.buffer = buffer;
    this.#numbers = new Int32Array(buffer, 0, 4);
    this.#input = new Uint8Array(buffer, 16);
  }

  begin(input: Uint8Array): void {
    const length = Math.min(input.length, SharedCell.LARGEST);
    this.#input.set(input.subarray(0, length));
    Atomics.store(this.#numbers, 1, length);
    Atomics.store(this.#numbers, 2, 1);
  }

  end(): void {
    Atomics.store(this.#numbers, 2, 0);
    Atomics.add(this.#numbers, 0, 1);
  }

  /** Inputs that came to an end. */
  get executions(): number {
    return Atomics.load(this.#numbers, 0);
  }

  /** The input that has begun and not ended. */
  get running(): Buffer | undefined {
    if (Atomics.load(this.#numbers, 2) === 0) return undefined;
    return Buffer.from(this.#input.slice(0, Atomics.load(this.#numbers, 1)));
  }
}
