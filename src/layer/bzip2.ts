import { SlipwayError } from "../core/errors.ts";
import { BitReader } from "./bit-reader.ts";
import { Bzip2Block } from "./bzip2-block.ts";

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const UNIT = 100_000;
/** More than a block can take when compressed: 900,000 symbols of at most 20 bits, and its tables. */
const LARGEST_BLOCK = 2_400_000;

/**
 * Decompresses bzip2, several streams behind each other too. Every block is checked against its CRC. Throws `LAYER_INVALID` for damaged
 * or cut off input and for anything behind the end.
 */
export async function* bunzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new Bzip2Decoder();
  for await (const chunk of source) {
    decoder.add(chunk);
    while (decoder.buffered >= LARGEST_BLOCK) yield* decoder.step();
  }
  while (decoder.buffered > 0) yield* decoder.step();
  decoder.finish();
}

/** Decodes one header, block or trailer at a time from bytes that are all there. */
class Bzip2Decoder {
  readonly #bits = new BitReader();
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #block: Bzip2Block | undefined;
  #crc = 0;
  #streams = 0;

  /** Bytes that are not yet decoded. */
  get buffered(): number {
    return this.#waiting + this.#bits.bytesLeft;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
  }

  *step(): Generator<Uint8Array> {
    if (this.#waiting > 0) this.#bits.append(this.#chunks.splice(0));
    this.#waiting = 0;
    if (!this.#block) {
      this.#header();
      return;
    }
    const magic = this.#bits.read(24) * 2 ** 24 + this.#bits.read(24);
    const crc = this.#bits.read(32);
    if (magic === BLOCK_MAGIC) {
      const { bytes, crc: actual } = this.#block.decode(this.#bits);
      if (actual !== crc) throw damagedBzip2("a block has a wrong checksum");
      this.#crc = ((this.#crc << 1) | (this.#crc >>> 31)) ^ crc;
      yield bytes;
    } else if (magic === END_MAGIC) this.#endStream(crc);
    else throw damagedBzip2("a block begins wrong");
  }

  finish(): void {
    if (this.#block || this.#streams === 0) throw damagedBzip2("it ends too early");
  }

  #header(): void {
    const magic = this.#bits.read(24);
    const level = this.#bits.read(8) - 0x30;
    if (magic !== 0x425a68 || level < 1 || level > 9) throw damagedBzip2("a stream begins wrong");
    this.#block = new Bzip2Block(level * UNIT);
    this.#crc = 0;
  }

  #endStream(crc: number): void {
    if (this.#crc >>> 0 !== crc) throw damagedBzip2("a stream has a wrong checksum");
    this.#bits.alignToByte();
    this.#block = undefined;
    this.#streams++;
  }
}

export function damagedBzip2(why: string): SlipwayError<"LAYER_INVALID"> {
  return new SlipwayError("LAYER_INVALID", `bzip2 data is damaged: ${why}`);
}
