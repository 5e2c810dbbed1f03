import { promisify } from "node:util";
import * as zlib from "node:zlib";

/** So many pieces of a block are looked at; whatever fills more than the gap between two of them is seen. */
const PIECES = 16;
const PIECE = 2048;
/** A sample that shrinks to less than this part of itself tells that the block is worth compressing. */
const WORTH = 0.985;
/** Chi-square per byte from which on the bytes alone, without any repetition, save more than a twentieth. */
const UNEVEN = 0.6;
/** How far back deflate can refer (RFC 1951). */
const WINDOW = 32 * 1024;
const WORD = 8;

const deflateRaw = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/**
 * Tells from samples whether deflate would not make a block smaller: noise, media, archives. Compressing those costs more than
 * anything else and saves nothing. Depends on the bytes alone.
 */
export async function isIncompressible(block: Buffer): Promise<boolean> {
  const pieces = piecesOf(block);
  if (block.length === 0 || pieces.some((piece) => unevenness(piece) > UNEVEN)) return false;
  if (pieces.some((piece) => isRepeated(block, piece.byteOffset - block.byteOffset))) return false;
  const sample = Buffer.concat(pieces);
  return (await deflateRaw(sample, { level: 1 })).length > sample.length * WORTH;
}

/** Pieces at even distances, the first and the last bytes among them; the whole block where it is short. */
function piecesOf(block: Buffer): readonly Buffer[] {
  if (block.length <= PIECES * PIECE) return [block];
  const distance = (block.length - PIECE) / (PIECES - 1);
  return Array.from({ length: PIECES }, (_, i) => {
    const at = Math.floor(i * distance);
    return block.subarray(at, at + PIECE);
  });
}

/** Pearson's chi-square of the byte values against a uniform distribution, per byte; near 0 for noise, several for text. */
function unevenness(bytes: Buffer): number {
  const counts = new Uint32Array(256);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]!]!++;
  let squares = 0;
  for (const count of counts) squares += count * count;
  return (256 * squares) / bytes.length ** 2 - 1;
}

/** Whether the bytes at `at` come again where deflate could refer to them: noise, too, can be there twice. */
function isRepeated(block: Buffer, at: number): boolean {
  const word = block.subarray(at, at + WORD);
  return word.length === WORD && block.subarray(at + 1, at + WINDOW + WORD).includes(word);
}
