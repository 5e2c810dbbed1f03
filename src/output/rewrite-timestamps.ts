import { createHash, type Hash } from "node:crypto";
import { type Digest, finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { Chain, ChainLayer } from "../execute/chain.ts";
import { layerType } from "../image/media-family.ts";
import { changedArchive, layerArchive } from "../layer/archive.ts";
import { compressor } from "../layer/compression.ts";
import { Toc } from "../layer/toc.ts";
import { encodeToc } from "../layer/toc-writer.ts";
import type { LayerForm } from "../store/store.ts";
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
  const { store } = request;
  const { diffId: original } = layer;
  const kept = store.layers.archive(original)?.path;
  const folder = store.layers.snapshot(original)?.path;
  if ((kept ?? folder) === undefined || !store.layers.get(original))
    throw new SlipwayError("BLOB_NOT_FOUND", `layer ${layer.diffId} is not in the store`, {
      hint: "build it again with --no-cache",
    });
  const toc = Toc.open(store.layers.toc(original));
  const entries = [...toc.entries()];
  if (!entries.some((entry) => entry.mtime > epoch)) return layer;
  const archiveOf = (changed: Toc) =>
    kept === undefined ? layerArchive(changed, folder!) : changedArchive(changed, toc, kept);
  const remembered = rememberedForm(request, output, layer, epoch);
  if (!remembered) await request.content.verifyMadeHere(original);
  const form = remembered ?? {
    ...(await writeForm(request, output, archiveOf(clamped(entries, epoch)))),
    ...kindOf(output),
    epoch,
  };
  if (!remembered) store.addForm(layer.diffId, form);
  const { diffId, digest, size, annotations, compression } = form;
  const mediaType = layerType("oci", compression === "estargz" ? "gzip" : compression);
  const blob = { mediaType, digest, size, ...(annotations ? { annotations } : {}) };
  return { ...layer, diffId, blob };
}

/** A layer with its times set back has a diff ID of its own. */
type RewrittenForm = LayerForm & { readonly diffId: Digest };

/** What an earlier build made, if it is still there: only the last epoch's is remembered, or else each build would add one. */
function rememberedForm(
  { store }: ExportRequest,
  output: OutputSpec,
  layer: ChainLayer,
  epoch: number,
): RewrittenForm | undefined {
  const { compression, settings } = kindOf(output);
  return store
    .forms(layer.diffId)
    .find(
      (form): form is RewrittenForm =>
        form.compression === compression &&
        form.settings === settings &&
        form.epoch === epoch &&
        form.diffId !== undefined &&
        store.blobs.has(form.digest),
    );
}

function kindOf({ compression, compressionLevel }: OutputSpec): Pick<LayerForm, "compression" | "settings"> {
  return { compression, settings: `rewritten level=${compressionLevel ?? "default"}` };
}

function clamped(entries: readonly Entry[], epoch: number): Toc {
  const changed = entries.map((entry) =>
    entry.mtime > epoch ? { ...entry, mtime: epoch, mtimeNs: 0 } : entry,
  );
  return Toc.open(encodeToc(changed));
}

async function writeForm(
  { store, signal }: ExportRequest,
  { compression, compressionLevel }: OutputSpec,
  restamped: AsyncIterable<Uint8Array>,
): Promise<Pick<RewrittenForm, "diffId" | "digest" | "size" | "annotations">> {
  const hash = createHash("sha256");
  const archive = hashed(restamped, hash);
  if (compression === "estargz") return writeEstargz(store, archive, { level: compressionLevel, signal });
  const how = { level: compressionLevel, reproducible: true };
  const stream = compression === "none" ? archive : compressor(compression, archive, how);
  const blob = await store.blobs.write(stream, signal ? { signal } : {});
  return { ...blob, diffId: finishDigest(hash) };
}

async function* hashed(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
