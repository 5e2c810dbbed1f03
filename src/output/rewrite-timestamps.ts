import { createHash, type Hash } from "node:crypto";
import { finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Chain, ChainLayer } from "../execute/chain.ts";
import { layerType } from "../image/media-family.ts";
import { layerArchive } from "../layer/archive.ts";
import { compressor } from "../layer/compression.ts";
import { Toc } from "../layer/toc.ts";
import { encodeToc } from "../layer/toc-writer.ts";
import { writeEstargz } from "./estargz-blob.ts";
import type { ExportedBuild, ExportRequest } from "./export-request.ts";
import type { OutputSpec } from "./output-spec.ts";
import { rewrittenMark } from "./rewritten-mark.ts";

/**
 * The layers with every time of those made here set back to the epoch where it is later (SPEC EP-07). Base layers stay. A layer
 * whose times conform keeps its digest. All that were looked at are marked.
 */
export async function rewriteTimestamps(
  request: ExportRequest,
  output: OutputSpec,
  build: ExportedBuild,
  epoch: number,
): Promise<Chain> {
  const { chain } = build.image;
  const layers: ChainLayer[] = [];
  for (const [i, layer] of chain.layers.entries())
    layers.push(
      i < build.baseLayers
        ? layer
        : {
            ...(await restamped(request, output, layer, epoch)),
            annotations: rewrittenMark(epoch),
          },
    );
  return { ...chain, layers };
}

async function restamped(
  request: ExportRequest,
  output: OutputSpec,
  layer: ChainLayer,
  epoch: number,
): Promise<ChainLayer> {
  const { store, signal } = request;
  const snapshot = store.layers.snapshot(layer.diffId);
  if (!snapshot || !store.layers.get(layer.diffId))
    throw new SlipwayError("BLOB_NOT_FOUND", `layer ${layer.diffId} is not in the store`, {
      hint: "build it again with --no-cache",
    });
  const entries = [...Toc.open(store.layers.toc(layer.diffId)).entries()];
  if (!entries.some((entry) => entry.mtime > epoch)) return layer;
  const clamped = entries.map((entry) =>
    entry.mtime > epoch ? { ...entry, mtime: epoch, mtimeNs: 0 } : entry,
  );
  const hash = createHash("sha256");
  const archive = hashed(layerArchive(Toc.open(encodeToc(clamped)), snapshot.path), hash);
  const { compression, compressionLevel } = output;
  if (compression === "estargz") {
    const { diffId, ...blob } = await writeEstargz(store, archive, { level: compressionLevel, signal });
    return { ...layer, diffId, blob: { mediaType: layerType("oci", "gzip"), ...blob } };
  }
  const level = compressionLevel === undefined ? {} : { level: compressionLevel };
  const stream = compression === "none" ? archive : compressor(compression, archive, level);
  const blob = await store.blobs.write(stream, signal ? { signal } : {});
  return {
    ...layer,
    diffId: finishDigest(hash),
    blob: { mediaType: layerType("oci", compression), ...blob },
  };
}

async function* hashed(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
