import * as zlib from "node:zlib";
import { SlipwayError } from "../core/errors.ts";
import { bunzip2 } from "./bzip2.ts";
import { HIGHEST_LEVEL } from "./compression-levels.ts";
import { gzipCompress, gzipSettings } from "./gzip-writer.ts";
import { throughZlib } from "./zlib-stream.ts";
import { zstdCompress, zstdDecompress, zstdSettings } from "./zstd.ts";

export type CompressionKind = "gzip" | "bzip2" | "xz" | "zstd";

const MAGIC: readonly (readonly [CompressionKind, Buffer])[] = [
  ["gzip", Buffer.from([0x1f, 0x8b, 0x08])],
  ["bzip2", Buffer.from("BZh")],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/** The compression that the first bytes of a stream show; undefined for everything else, plain tar included. */
export function detectCompression(head: Buffer): CompressionKind | undefined {
  return MAGIC.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0];
}

/**
 * The uncompressed bytes of `source`. Several streams behind each other count as one; anything else behind the end is refused. Throws
 * `LAYER_INVALID` for damaged or cut off input, `COMPRESSION_UNSUPPORTED`, and what `source` throws. Ending the iteration early ends `source`.
 */
export async function* decompressor(
  kind: CompressionKind,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = new WatchedSource(source);
  try {
    yield* decompressed(kind, notEmpty(input));
  } catch (error) {
    throw input.failed(error) ? error : explain(kind, error);
  }
}

/** Remembers what its source threw: everything else comes from the decoder. */
class WatchedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  failed(error: unknown): boolean {
    return this.#failure?.error === error;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}

function decompressed(kind: CompressionKind, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  switch (kind) {
    case "gzip":
      return throughZlib(source, zlib.createGunzip({ chunkSize: 256 * 1024 }));
    case "zstd":
      return zstdDecompress(source);
    case "bzip2":
      return bunzip2(source);
    case "xz":
      return unxz(source);
    default:
      return kind satisfies never;
  }
}

/** Not all decoders notice that there is nothing at all. */
async function* notEmpty(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    yield chunk;
  }
  if (length === 0) throw new SlipwayError("LAYER_INVALID", "compressed data is empty");
}

export interface CompressorOptions {
  /** gzip 0 to 9 (default 4), zstd 0 to 22 (default 3) (SPEC LT-09). */
  readonly level?: number | undefined;
  /** The result must be the same on other machines: nothing that only this machine has takes part. */
  readonly reproducible?: boolean;
}

/**
 * Compresses `source`. The same bytes give the same result, whatever chunks they come in. Throws `COMPRESSION_UNSUPPORTED` for a level
 * that there is not, and what `source` throws.
 */
export async function* compressor(
  kind: "gzip" | "zstd",
  source: AsyncIterable<Uint8Array>,
  { level, reproducible = false }: CompressorOptions = {},
): AsyncGenerator<Uint8Array> {
  const highest = HIGHEST_LEVEL[kind];
  if (level !== undefined && !(Number.isInteger(level) && level >= 0 && level <= highest))
    throw new SlipwayError("COMPRESSION_UNSUPPORTED", `${kind} has no level ${level}`, {
      hint: `choose a level from 0 to ${highest}`,
    });
  if (kind === "gzip") yield* gzipCompress(source, level);
  else yield* zstdCompress(source, level, reproducible);
}

/** Compressor and settings of `compressor`, for the record of what it made: results with equal settings are equal. */
export function compressorSettings(
  kind: "gzip" | "zstd",
  { level, reproducible = false }: CompressorOptions = {},
): string {
  return kind === "gzip" ? gzipSettings(level) : zstdSettings(level, reproducible);
}

async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [{ default: xz }, { ReadableStream }] = await Promise.all([
    import("xz-decompress"),
    import("node:stream/web"),
  ]);
  const input = ReadableStream.from(source) as unknown as globalThis.ReadableStream<Uint8Array>;
  const output = new xz.XzReadableStream(input) as unknown as AsyncIterable<Uint8Array>;
  yield* output;
}

/** Decoders report damage in their own ways, by errors of JavaScript itself, too: whatever they throw is damage. */
function explain(kind: CompressionKind, error: unknown): unknown {
  if (error instanceof SlipwayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // xz-embedded's codes 4 to 6: memory limit, and integrity checks or filters that it does not have.
  if (/get_next_output failed with error code [456]$/.test(message))
    return new SlipwayError(
      "COMPRESSION_UNSUPPORTED",
      "this xz stream uses options that cannot be read here",
      {
        cause: error,
        hint: "compress it again with `xz --check=crc64`",
      },
    );
  return new SlipwayError("LAYER_INVALID", `${kind} data is damaged: ${message}`, { cause: error });
}
