import { type Descriptor, MEDIA } from "../../src/core/descriptor.ts";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import type { NewLayer } from "../../src/store/layer-store.ts";
import type { Store } from "../../src/store/store.ts";

/** `size` bytes that depend on `seed` alone. */
export function bytesOf(seed: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Bytes as a stream of small chunks; the process gets other things done between them. */
export async function* chunked(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes.subarray(at, at + size);
  }
}

/** A stream's bytes together. */
export async function read(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A layer as `LayerStore.put` wants it, with a table of contents of made-up bytes. */
export function digestedLayer(seed: number): {
  readonly key: Digest;
  readonly info: NewLayer;
  readonly toc: Buffer;
} {
  const toc = bytesOf(seed, 2000);
  const key = digestOf(`layer ${seed}`);
  return {
    key,
    toc,
    info: { diffId: key, tarSize: 10_240, contentDigest: digestOf(toc), entries: 3, fileBytes: 1000 + seed },
  };
}

export interface SampleImage {
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  readonly layer: Descriptor;
  readonly diffId: Digest;
}

/** Stores an image of one layer: manifest, config and (unless `layer` is false) the layer's blob. */
export async function putImage(
  store: Store,
  seed: number,
  options: { readonly layer?: boolean } = {},
): Promise<SampleImage> {
  const { key: diffId } = digestedLayer(seed);
  const bytes = bytesOf(seed, 3000);
  const layer = { mediaType: MEDIA.ociLayerGzip, digest: digestOf(bytes), size: bytes.length };
  if (options.layer ?? true) await store.blobs.writeBytes(bytes);
  const config = await putDocument(store, MEDIA.ociConfig, {
    architecture: "amd64",
    os: "linux",
    config: { Labels: { seed: String(seed) } },
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created_by: "sample" }],
  });
  const descriptor = await putDocument(store, MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config,
    layers: [layer],
  });
  return { descriptor, config, layer, diffId };
}

/** Stores a JSON document and gives its descriptor. */
export async function putDocument(store: Store, mediaType: string, document: unknown): Promise<Descriptor> {
  return { mediaType, ...(await store.blobs.writeBytes(Buffer.from(JSON.stringify(document)))) };
}
