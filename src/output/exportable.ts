import { compressionOf, type Descriptor, isIndexType } from "../core/descriptor.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { ContentSource } from "../image/copy.ts";
import { decodeImageConfig } from "../image/decode-config.ts";
import { encodeImageConfig } from "../image/encode-config.ts";
import { withoutHealthAnnotation } from "../image/health-annotation.ts";
import { decodeIndex, encodeIndex } from "../image/index-document.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../image/manifest.ts";
import { configType, convertDescriptor, layerType, type MediaFamily } from "../image/media-family.ts";
import {
  type Annotation,
  annotationsFor,
  checkAnnotatedPlatforms,
  checkAnnotations,
  checkIndexAnnotations,
  withAnnotations,
} from "./annotations.ts";
import { TOC_ANNOTATION } from "./estargz-blob.ts";
import type { LayerContent } from "./layer-content.ts";
import type { LayerCompression } from "./output-spec.ts";
import { carriedMark } from "./rewritten-mark.ts";

export interface ExportOptions {
  /** Absent: layers stay as they are, those made here without compression. */
  readonly compression?: LayerCompression;
  readonly compressionLevel?: number;
  /** Layers are compressed as on every other machine. */
  readonly reproducible?: boolean;
  /** Recompress base layers too (SPEC LT-09). */
  readonly forceCompression?: boolean;
  /** Layers that a registry need not hold keep their media types (SPEC LT-10). */
  readonly preferNonDistributable?: boolean;
  readonly family: MediaFamily;
  /** Put on manifests, the index and their descriptors (SPEC MF-04). */
  readonly annotations?: readonly Annotation[];
}

/** An image ready to leave: every layer in its final form, documents included. */
export interface Exportable {
  readonly root: Descriptor;
  /** Manifests and indexes by digest: they may be new. */
  readonly documents: ReadonlyMap<Digest, Uint8Array>;
  /** Every blob that the root reaches, the root last; documents and layers alike. */
  readonly blobs: readonly Descriptor[];
  /** Single-platform images of it, in order. */
  readonly images: readonly {
    readonly manifest: Descriptor;
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
    readonly platform: Platform;
  }[];
  readonly source: ContentSource;
}

/** Brings a stored image into the form asked for: layers made here are compressed now, others keep their blobs. */
export async function exportable(
  root: Descriptor,
  content: LayerContent,
  options: ExportOptions,
): Promise<Exportable> {
  const annotations = options.annotations ?? [];
  checkAnnotations(annotations, options.family);
  checkIndexAnnotations(annotations, isIndexType(root.mediaType));
  const documents = new Map<Digest, Uint8Array>();
  const blobs = new Map<Digest, Descriptor>();
  const images: Exportable["images"][number][] = [];
  const add = (descriptor: Descriptor, bytes?: Uint8Array): Descriptor => {
    blobs.delete(descriptor.digest);
    blobs.set(descriptor.digest, descriptor);
    if (bytes) documents.set(descriptor.digest, bytes);
    return descriptor;
  };
  const image = async (descriptor: Descriptor): Promise<Descriptor> => {
    const manifest = decodeManifest(await content.document(descriptor), descriptor.mediaType);
    const made = await exportManifest(manifest, descriptor.platform, content, options);
    const { platform } = made;
    for (const layer of made.manifest.layers) add(layer);
    add(made.manifest.config, made.configBytes);
    add(made.descriptor, made.bytes);
    images.push({
      manifest: made.descriptor,
      config: made.manifest.config,
      layers: made.manifest.layers,
      platform,
    });
    const own = annotationsFor(annotations, "manifest-descriptor", platform);
    return { ...made.descriptor, platform, ...(own ? { annotations: own } : {}) };
  };
  const final = isIndexType(root.mediaType)
    ? await exportIndex(root, content, options, image, add)
    : await image(root);
  checkAnnotatedPlatforms(
    annotations,
    images.map(({ platform }) => platform),
  );
  return { root: final, documents, blobs: [...blobs.values()], images, source: sourceOf(content, documents) };
}

async function exportIndex(
  root: Descriptor,
  content: LayerContent,
  options: ExportOptions,
  image: (descriptor: Descriptor) => Promise<Descriptor>,
  add: (descriptor: Descriptor, bytes: Uint8Array) => Descriptor,
): Promise<Descriptor> {
  const index = decodeIndex(await content.document(root), root.mediaType);
  const manifests: Descriptor[] = [];
  for (const entry of index.manifests) {
    const { annotations, artifactType } = entry;
    const made = await image(entry);
    manifests.push({
      ...made,
      ...(annotations && options.family === "oci" ? { annotations } : {}),
      ...(artifactType ? { artifactType } : {}),
    });
  }
  const annotations = withAnnotations(index.annotations, annotationsFor(options.annotations, "index"));
  const encoded = encodeIndex({ ...index, family: options.family, manifests, ...annotations });
  const own = annotationsFor(options.annotations, "index-descriptor");
  return { ...add(encoded.descriptor, encoded.bytes), ...(own ? { annotations: own } : {}) };
}

async function exportManifest(
  manifest: Manifest,
  listed: Platform | undefined,
  content: LayerContent,
  options: ExportOptions,
) {
  const config = decodeImageConfig(await content.document(manifest.config));
  const platform = listed ?? config.platform;
  const layers: ExportedLayer[] = [];
  for (const [i, layer] of manifest.layers.entries())
    layers.push(await exportLayer(layer, config.diffIds[i] ?? layer.digest, content, options));
  const diffIds = layers.map(({ diffId }) => diffId);
  const isSame = layers.every(({ diffId }, i) => diffId === (config.diffIds[i] ?? diffId));
  const configBytes = isSame ? undefined : encodeImageConfig({ ...config, diffIds });
  const { annotations: before, ...rest } = manifest;
  const kept = options.family === "docker" ? withoutHealthAnnotation(before) : before;
  const made: Manifest = {
    ...rest,
    ...(kept ? { annotations: kept } : {}),
    family: options.family,
    config: configBytes
      ? { mediaType: configType(options.family), digest: digestOf(configBytes), size: configBytes.length }
      : convertDescriptor(manifest.config, options.family),
    layers: layers.map(({ descriptor }) => descriptor),
    ...withAnnotations(kept, annotationsFor(options.annotations, "manifest", platform)),
  };
  return { manifest: made, platform, ...(configBytes ? { configBytes } : {}), ...encodeManifest(made) };
}

/** A layer as it leaves; the diff ID is another one where the form adds to the archive. */
interface ExportedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

async function exportLayer(
  layer: Descriptor,
  diffId: Digest,
  content: LayerContent,
  options: ExportOptions,
): Promise<ExportedLayer> {
  const have = compressionOf(layer.mediaType);
  const madeHere = layer.digest === diffId && content.isMadeHere(layer);
  const { compression, family, preferNonDistributable } = options;
  const keeps = compression === undefined || (!options.forceCompression && !madeHere) || have === compression;
  const isEstargz = compression === "estargz" && layer.annotations?.[TOC_ANNOTATION] !== undefined;
  if (keeps || isEstargz)
    return {
      diffId,
      descriptor: convertDescriptor(layer, family, { keepExternal: preferNonDistributable ?? false }),
    };
  const mark = carriedMark(layer, family);
  if (compression === "estargz") {
    const { diffId: own, ...blob } = await content.estargz(layer, diffId, options.compressionLevel);
    const annotations = withAnnotations(blob.annotations, mark.annotations);
    return { diffId: own, descriptor: { mediaType: layerType(family, "gzip"), ...blob, ...annotations } };
  }
  const mediaType = layerType(family, compression);
  if (compression === "none")
    return { diffId, descriptor: { mediaType, ...(await content.decompressed(layer, diffId)), ...mark } };
  const { compressionLevel: level, reproducible } = options;
  const blob = await content.compressed(layer, diffId, { compression, level, reproducible });
  return { diffId, descriptor: { mediaType, ...blob, ...mark } };
}

function sourceOf(content: LayerContent, documents: ReadonlyMap<Digest, Uint8Array>): ContentSource {
  return {
    fetch: async (descriptor) => {
      const bytes = documents.get(descriptor.digest);
      return bytes ? singleChunk(bytes) : content.open(descriptor);
    },
  };
}

async function* singleChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
