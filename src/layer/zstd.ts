import * as zlib from "node:zlib";
import { blocksOf, compressInOrder } from "./compress-blocks.ts";
import { throughZlib, type ZlibTransform } from "./zlib-stream.ts";

/** Every so many bytes are a frame of their own: that bounds the memory and lets frames be compressed side by side. */
const FRAME = 4 * 1024 * 1024;

/** The part of node:zlib that came with Node 22.15. */
interface NativeZstd {
  createZstdDecompress(options: { readonly chunkSize: number }): ZlibTransform;
  zstdCompress(
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
    done: (error: Error | null, result: Buffer) => void,
  ): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
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

/** Compresses into frames. The result depends on the bytes, the level and the version of the zstd library. */
export async function* zstdCompress(
  source: AsyncIterable<Uint8Array>,
  level: number,
): AsyncGenerator<Uint8Array> {
  const compress = NATIVE ? nativeFrame(NATIVE, level) : await wasmFrame(level);
  let frames = 0;
  for await (const frame of compressInOrder(blocksOf(source, FRAME), compress)) {
    frames++;
    yield frame;
  }
  if (frames === 0) yield await compress(Buffer.alloc(0));
}

type FrameCompressor = (block: Buffer) => Promise<Uint8Array>;

function nativeFrame(native: NativeZstd, level: number): FrameCompressor {
  const params = { [native.constants.ZSTD_c_compressionLevel]: level };
  return (block) =>
    new Promise((resolve, reject) => {
      native.zstdCompress(block, { params }, (error, result) => (error ? reject(error) : resolve(result)));
    });
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
