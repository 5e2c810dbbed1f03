import { deserialize, serialize } from "node:v8";

/** Messages over a pipe: a length of four bytes, then a value in V8's structured form (typed arrays stay what they are). */
export function encodeFrame(message: unknown): Buffer {
  const body = serialize(message);
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Puts frames together from chunks of any size and hands each message on. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  readonly #onMessage: (message: unknown) => void;

  constructor(onMessage: (message: unknown) => void) {
    this.#onMessage = onMessage;
  }

  add(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const end = 4 + this.#pending.readUInt32LE(0);
      if (this.#pending.length < end) return;
      const message: unknown = deserialize(this.#pending.subarray(4, end));
      this.#pending = this.#pending.subarray(end);
      this.#onMessage(message);
    }
  }
}
