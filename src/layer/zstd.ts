import * as zlib from "node:zlib";
import { blocksOf, compressInOrder } from "./compress-blocks.ts";
import { throughZlib, type ZlibTransform } from "./zlib-stream.ts";

/** Every so many bytes are a frame of their own: that bounds the memory and lets frames be compressed side by side. */
const FRAME = 4 * 1024 * 1024;
const DEFAULT_LEVEL = 3;

/** The part of node:zlib that came with Node 22.15. */
interface NativeZstd {
  createZstdDecompress(options: { readonly chunkSize: number }): ZlibTransform;
  zstdCompress(
    bytes: Uint8Array,
    options: {
      readonly params: Readonly<Record<number, number>>;
      readonly pledgedSrcSize: number;
      readonly chunkSize: number;
    },
    done: (error: Error | null, result: Buffer) => void,
  ): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_checksumFlag: number };
}

const NATIVE = "zstdCompress" in zlib ? (zlib as unknown as NativeZstd) : undefined;

/**
 * The first major version whose decoder goes on with the next frame, however the input is cut, and refuses input that ends early;
 * those of Node 22 and 24 stop after one frame. The tests of reading zstd fail there with it.
 */
const FIRST_SOUND_DECODER = 26;
const NATIVE_DECODER = Number.parseInt(process.versions.node, 10) >= FIRST_SOUND_DECODER ? NATIVE : undefined;

/** Decompresses all frames of a stream. Throws what the decoder throws. */
export async function* zstdDecompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (NATIVE_DECODER)
    yield* throughZlib(source, NATIVE_DECODER.createZstdDecompress({ chunkSize: 256 * 1024 }));
  else yield* decompressInScript(source);
}

/** Which library compresses: Node's own, where it has one, or the one in WASM, whose bytes are the same everywhere. */
function libraryFor(reproducible: boolean): "node" | "wasm" {
  return NATIVE && !reproducible ? "node" : "wasm";
}

/** What `zstdCompress` does, as a record of its results names it. */
export function zstdSettings(level: number | undefined, reproducible: boolean): string {
  return `zstd-${libraryFor(reproducible)} level=${levelOf(level)} frame=${FRAME / 1024 / 1024}MiB`;
}

/** 0 stands for the default, as in the library itself. */
function levelOf(level: number | undefined): number {
  return level || DEFAULT_LEVEL;
}

/**
 * Compresses into frames. The result depends on the bytes and the level, and on the library, unless it has to be reproducible: it is
 * then made by the one that is part of this program.
 */
export async function* zstdCompress(
  source: AsyncIterable<Uint8Array>,
  level: number | undefined,
  reproducible: boolean,
): AsyncGenerator<Uint8Array> {
  const compress =
    NATIVE && libraryFor(reproducible) === "node"
      ? nativeFrame(NATIVE, levelOf(level))
      : await wasmFrame(levelOf(level));
  let frames = 0;
  for await (const frame of compressInOrder(blocksOf(source, FRAME), compress)) {
    frames++;
    yield frame;
  }
  if (frames === 0) yield await compress(Buffer.alloc(0));
}

type FrameCompressor = (block: Buffer) => Promise<Uint8Array>;

/** With a size and a checksum that are said, Node 22, 24 and 26 give equal bytes; room for all of it saves turns of the event loop. */
function nativeFrame(native: NativeZstd, level: number): FrameCompressor {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = native.constants;
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 0 };
  return (block) =>
    new Promise((resolve, reject) => {
      const options = { params, pledgedSrcSize: block.length, chunkSize: mostOf(block.length) };
      native.zstdCompress(block, options, (error, result) => (error ? reject(error) : resolve(result)));
    });
}

/** At least ZSTD_compressBound. */
function mostOf(length: number): number {
  return length + Math.ceil(length / 128) + 1024;
}

async function wasmFrame(level: number): Promise<FrameCompressor> {
  const { compress } = await WASM.load();
  return async (block) => compress(block, level);
}

/** Loads the library once per thread: a second start would give it new memory while the first is in use. */
class WasmLibrary {
  #loaded: Promise<typeof import("@bokuweb/zstd-wasm")> | undefined;

  load(): Promise<typeof import("@bokuweb/zstd-wasm")> {
    this.#loaded ??= import("@bokuweb/zstd-wasm").then(async (module) => {
      // Bundled, the package's CommonJS form may come as `default` only.
      const { default: wrapped } = module as unknown as { readonly default?: typeof module };
      const library = wrapped?.init ? wrapped : module;
      await library.init();
      return library;
    });
    return this.#loaded;
  }
}

const WASM = new WasmLibrary();

async function* decompressInScript(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import("fzstd");
  let made: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => made.push(chunk));
  const take = () => {
    const chunks = made;
    made = [];
    return chunks;
  };
  for await (const chunk of source) {
    // The decoder keeps parts of its input.
    decoder.push(new Uint8Array(chunk));
    yield* take();
  }
  decoder.push(new Uint8Array(0), true);
  yield* take();
}
