import { SlipwayError } from "../core/errors.ts";
import type { BitReader } from "./bit-reader.ts";

const GROUP_SYMBOLS = 50;
const MOST_BITS = 20;
const RUN_A = 0;
const RUN_B = 1;

/** A Huffman code in canonical form: for each length the largest code, what to subtract from it, and the symbols in order. */
interface Code {
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
  readonly shortest: number;
}

/** Decodes blocks of one stream: Huffman codes, move to front, Burrows-Wheeler transform, runs. Keeps its memory between blocks. */
export class Bzip2Block {
  readonly #size: number;
  readonly #links: Uint32Array;

  /** `size`: most bytes of a block before runs are expanded. */
  constructor(size: number) {
    this.#size = size;
    this.#links = new Uint32Array(size);
  }

  /** Reads a block behind its magic number and CRC. Throws `LAYER_INVALID`. */
  decode(bits: BitReader): { readonly bytes: Uint8Array; readonly crc: number } {
    if (bits.read(1) === 1) throw damaged("it is randomised, which bzip2 has not written since 1998");
    const origin = bits.read(24);
    const used = readSymbolMap(bits);
    const selectorsAndCodes = readCodes(bits, used.length + 2);
    const count = this.#readSymbols(bits, used, selectorsAndCodes);
    if (origin >= count) throw damaged("a block's origin lies outside");
    this.#linkUp(count);
    return expandRuns(this.#links, origin, count);
  }

  /** Undoes the run lengths and the move to front; leaves the last column of the sorted rotations in the low bytes of the links. */
  #readSymbols(bits: BitReader, used: Uint8Array, { selectors, codes }: Selected): number {
    const front = Uint8Array.from(used);
    const end = used.length + 1;
    const links = this.#links;
    let count = 0;
    let run = 0;
    let runBit = 1;
    for (let group = 0; ; group++) {
      const code = codes[selectors[group] ?? -1];
      if (!code) throw damaged("a block is longer than its selectors");
      for (let i = 0; i < GROUP_SYMBOLS; i++) {
        const symbol = readSymbol(bits, code);
        if (symbol === RUN_A || symbol === RUN_B) {
          run += runBit << symbol;
          runBit *= 2;
          if (run > this.#size) throw damaged("a run is too long");
          continue;
        }
        if (run > 0) {
          if (count + run > this.#size) throw damaged("a block is too long");
          links.fill(front[0]!, count, count + run);
          count += run;
          run = 0;
          runBit = 1;
        }
        if (symbol === end) return count;
        if (count >= this.#size) throw damaged("a block is too long");
        const byte = front[symbol - 1]!;
        front.copyWithin(1, 0, symbol - 1);
        front[0] = byte;
        links[count++] = byte;
      }
    }
  }

  /** Puts into the high bits of each place where the rotation that follows is. */
  #linkUp(count: number): void {
    const links = this.#links;
    const starts = new Uint32Array(256);
    for (let i = 0; i < count; i++) starts[links[i]! & 0xff]!++;
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const many = starts[byte]!;
      starts[byte] = sum;
      sum += many;
    }
    for (let i = 0; i < count; i++) {
      const at = starts[links[i]! & 0xff]!++;
      links[at] = (links[at]! | (i << 8)) >>> 0;
    }
  }
}

interface Selected {
  readonly selectors: Uint8Array;
  readonly codes: readonly Code[];
}

/** The byte values that occur, in order. */
function readSymbolMap(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (!(ranges & (0x8000 >> range))) continue;
    const map = bits.read(16);
    for (let i = 0; i < 16; i++) if (map & (0x8000 >> i)) used.push(range * 16 + i);
  }
  if (used.length === 0) throw damaged("a block has no symbols");
  return Uint8Array.from(used);
}

function readCodes(bits: BitReader, symbols: number): Selected {
  const groups = bits.read(3);
  const count = bits.read(15);
  if (groups < 2 || groups > 6 || count === 0) throw damaged("a block has impossible tables");
  const front = Array.from({ length: groups }, (_, i) => i);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let at = 0;
    while (bits.read(1)) if (++at >= groups) throw damaged("a selector is impossible");
    const [group] = front.splice(at, 1);
    front.unshift(group!);
    selectors[i] = group!;
  }
  return { selectors, codes: Array.from({ length: groups }, () => readCode(bits, symbols)) };
}

function readCode(bits: BitReader, symbols: number): Code {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let i = 0; i < symbols; i++) {
    for (;;) {
      if (length < 1 || length > MOST_BITS) throw damaged("a code has an impossible length");
      if (bits.read(1) === 0) break;
      length += bits.read(1) ? -1 : 1;
    }
    lengths[i] = length;
  }
  return canonicalCode(lengths);
}

function canonicalCode(lengths: Uint8Array): Code {
  const limit = new Int32Array(MOST_BITS + 2).fill(-1);
  const base = new Int32Array(MOST_BITS + 2);
  const symbols = new Uint16Array(lengths.length);
  let code = 0;
  let placed = 0;
  for (let length = 1; length <= MOST_BITS; length++) {
    base[length] = code - placed;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[placed++] = symbol;
      code++;
    }
    limit[length] = code - 1;
    code *= 2;
  }
  return { limit, base, symbols, shortest: Math.min(...lengths) };
}

function readSymbol(bits: BitReader, { limit, base, symbols, shortest }: Code): number {
  let length = shortest;
  let code = bits.read(length);
  while (code > limit[length]!) {
    if (++length > MOST_BITS) throw damaged("a code is impossible");
    code = code * 2 + bits.read(1);
  }
  const symbol = symbols[code - base[length]!];
  if (symbol === undefined) throw damaged("a code is impossible");
  return symbol;
}

/** Follows the rotations and undoes the first run-length coding: four equal bytes are followed by how many more there are. */
function expandRuns(
  links: Uint32Array,
  origin: number,
  count: number,
): { readonly bytes: Uint8Array; readonly crc: number } {
  let out = Buffer.allocUnsafe(count + 1024);
  let length = 0;
  let crc = 0xffff_ffff;
  let at = links[origin]! >>> 8;
  let before = -1;
  let equal = 0;
  for (let i = 0; i < count; i++) {
    const link = links[at]!;
    const byte = link & 0xff;
    at = link >>> 8;
    const repeat = equal === 4 ? byte : 1;
    const value = equal === 4 ? before : byte;
    equal = equal === 4 ? 0 : byte === before ? equal + 1 : 1;
    before = value;
    // Behind the count of a run, an equal byte begins a new one.
    if (equal === 0) before = -1;
    if (length + repeat > out.length) out = Buffer.concat([out, Buffer.allocUnsafe(out.length)]);
    for (let k = 0; k < repeat; k++) {
      out[length++] = value;
      crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ value]!;
    }
  }
  return { bytes: out.subarray(0, length), crc: ~crc >>> 0 };
}

/** bzip2's CRC-32 takes bits highest first, unlike zlib's. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

function damaged(why: string): SlipwayError<"LAYER_INVALID"> {
  return new SlipwayError("LAYER_INVALID", `bzip2 data is damaged: ${why}`);
}
