import { SlipwayError } from "../core/errors.ts";

/** Reads bits, highest first, from bytes that can be added to. Throws `LAYER_INVALID` behind the last. */
export class BitReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #buffer = 0;
  /** Bits of `#buffer` that are not read yet. */
  #count = 0;

  /** Whole bytes that are not touched yet. */
  get bytesLeft(): number {
    return this.#bytes.length - this.#at;
  }

  append(chunks: readonly Uint8Array[]): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...chunks]);
    this.#at = 0;
  }

  /** The next 1 to 32 bits as a number. */
  read(count: number): number {
    if (count > 24) return this.read(count - 16) * 65_536 + this.read(16);
    while (this.#count < count) this.#fill();
    this.#count -= count;
    return (this.#buffer >>> this.#count) & ((1 << count) - 1);
  }

  /** Drops what is left of the current byte. */
  alignToByte(): void {
    this.#count -= this.#count % 8;
  }

  #fill(): void {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new SlipwayError("LAYER_INVALID", "compressed data ends too early");
    this.#buffer = (this.#buffer << 8) | byte;
    this.#count += 8;
  }
}
