import { compressor, compressorSettings } from "../layer/compression.ts";
import { findIgzip, IGZIP_SETTINGS, igzipCompress } from "../layer/igzip.ts";
import type { LayerForm } from "../store/store.ts";

/** Starting a program is not worth it for fewer bytes than this. */
const SMALL = 1024 * 1024;

/** How a layer has to be compressed. */
export interface CompressionRequest {
  readonly compression: "gzip" | "zstd";
  readonly level?: number | undefined;
  /** The result must be the same on other machines (SOURCE_DATE_EPOCH, `rewrite-timestamp`). */
  readonly reproducible?: boolean | undefined;
}

export interface LayerCompressor {
  /** Compressor and settings, for the record of the result. */
  readonly settings: string;
  compress(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

export interface CompressorSurroundings {
  /** Where igzip is looked for; nowhere without it. */
  readonly searchPath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The compressors for a layer of `size` bytes, the best first. Those behind it are for where a program fails; the last is part of this
 * one. A level that is asked for, and results that have to be reproducible, are ours alone.
 */
export function compressorsFor(
  request: CompressionRequest,
  size: number,
  { searchPath, signal }: CompressorSurroundings,
): readonly LayerCompressor[] {
  const { compression, level, reproducible = false } = request;
  const how = { level, reproducible };
  const ours: LayerCompressor = {
    settings: compressorSettings(compression, how),
    compress: (source) => compressor(compression, source, how),
  };
  const mayUsePrograms = compression === "gzip" && isOpen(request) && size >= SMALL;
  const program = mayUsePrograms && searchPath !== undefined ? findIgzip(searchPath) : undefined;
  if (program === undefined) return [ours];
  const compress = (source: AsyncIterable<Uint8Array>) => igzipCompress(source, { program, signal });
  return [{ settings: IGZIP_SETTINGS, compress }, ours];
}

/**
 * Whether a form that was made earlier is what the request asks for. Where it leaves compressor and level open, every form is, except
 * those of level 0, which save nothing. A form with a diff ID of its own holds something else: files with other times, or one more.
 */
export function answers({ compression, settings, diffId }: LayerForm, request: CompressionRequest): boolean {
  if (compression !== request.compression || diffId !== undefined) return false;
  if (isOpen(request)) return !/\blevel=0\b/.test(settings);
  const { level, reproducible = false } = request;
  return settings === compressorSettings(compression, { level, reproducible });
}

function isOpen({ level, reproducible }: CompressionRequest): boolean {
  return level === undefined && !reproducible;
}
