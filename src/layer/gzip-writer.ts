import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { blocksOf, compressInOrder } from "./compress-blocks.ts";
import { GZIP_HEADER, GzipSum } from "./gzip-member.ts";
import { isIncompressible } from "./incompressible.ts";
import { storedBlocks } from "./stored-blocks.ts";

const BLOCK = 512 * 1024;
/** How far back deflate can refer (RFC 1951). */
const WINDOW = 32 * 1024;
/** A final deflate block without content. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

const deflateRaw = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** Some 40 % less work than level 6, and 3 to 4 % larger (docs/performance.md). */
const DEFAULT_LEVEL = 4;

/** What `gzipCompress` does, as a record of its results names it: equal names, equal bytes, on the same zlib. */
export function gzipSettings(level: number | undefined): string {
  const made = level === undefined ? `level=${DEFAULT_LEVEL} noise=stored` : `level=${level}`;
  return `zlib ${made} block=${BLOCK / 1024}KiB`;
}

/**
 * Makes one gzip member out of blocks that are compressed in parallel: each ends on a byte boundary and may refer to the 32 KiB before it.
 * Without a level that is asked for, blocks that would not become smaller are stored. The result depends on the bytes and the level, and
 * on Node's zlib.
 */
export async function* gzipCompress(
  source: AsyncIterable<Uint8Array>,
  level?: number,
): AsyncGenerator<Uint8Array> {
  const sum = new GzipSum();
  let before: Buffer | undefined;
  const compress = async (block: Buffer) => {
    sum.update(block);
    const dictionary = before;
    before = block.subarray(-WINDOW);
    if (level === undefined && (await isIncompressible(block))) return storedBlocks(block);
    return deflateRaw(block, {
      level: level ?? DEFAULT_LEVEL,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      chunkSize: BLOCK / 4,
      ...(dictionary ? { dictionary } : {}),
    });
  };
  yield GZIP_HEADER;
  yield* compressInOrder(blocksOf(source, BLOCK), compress);
  yield LAST_BLOCK;
  yield sum.trailer();
}

/** Bytes as one gzip member; equal bytes give equal members. */
export async function gzipMember(bytes: Buffer, level: number): Promise<Buffer> {
  const sum = new GzipSum();
  sum.update(bytes);
  return Buffer.concat([GZIP_HEADER, await deflateRaw(bytes, { level }), sum.trailer()]);
}
