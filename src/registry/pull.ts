import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import { isSlipwayError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import { decodeIndex } from "../image/index-document.ts";
import { decodeManifest, type Manifest } from "../image/manifest.ts";
import type { Reference } from "../image/reference.ts";
import { selectPlatform } from "../image/select-platform.ts";
import type { Store } from "../store/store.ts";
import type { Registry, RemoteManifest } from "./client.ts";
import { fetchBlob, type TransferProgress } from "./fetch-blob.ts";
import { inParallel } from "./parallel.ts";
import { repositoryText } from "./reference.ts";

export { type FetchRequest, fetchBlob, streamBlob, type TransferProgress } from "./fetch-blob.ts";

export interface PullRequest {
  readonly registry: Registry;
  readonly reference: Reference;
  readonly platform: Platform;
  readonly store: Store;
  /** Leave the layers where they are; only where they can be had from is noted. */
  readonly lazyLayers: boolean;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PulledImage {
  /** What the reference points to: an index or a manifest. */
  readonly root: Descriptor;
  /** The platform's manifest. */
  readonly manifest: Descriptor;
}

/** Layers at a time. */
const CONCURRENCY = 4;

/**
 * Gets an image into the store: documents, and the layers unless they may wait. The image is not tagged. Throws `REGISTRY_*`,
 * `PLATFORM_UNAVAILABLE`, `IMAGE_INVALID`, `DIGEST_MISMATCH`, `DISK_FULL`, `CANCELLED`.
 */
export async function pullImage(request: PullRequest): Promise<PulledImage> {
  const { registry, reference, platform, store, lazyLayers, onProgress } = request;
  const top = await registry.manifest(reference, undefined, request.signal);
  await store.blobs.writeBytes(top.bytes);
  const root = top.descriptor;
  const chosen = isIndexType(root.mediaType)
    ? selectPlatform(decodeIndex(top.bytes, root.mediaType), platform)
    : root;
  const { config, layers } = await readManifest(request, chosen, top);
  for (const layer of layers) store.addSource(layer.digest, repositoryText(reference));
  const wanted = lazyLayers ? [config] : [config, ...layers];
  try {
    await inParallel(wanted, { limit: CONCURRENCY, signal: request.signal }, (descriptor, signal) =>
      fetchBlob({ registry, sources: [reference], descriptor, store, onProgress, signal }),
    );
  } catch (error) {
    // The others were cut off, and there is no space to go on with them.
    if (isSlipwayError(error, "DISK_FULL")) store.makeRoom();
    throw error;
  }
  return { root, manifest: chosen };
}

async function readManifest(
  request: PullRequest,
  chosen: Descriptor,
  top: RemoteManifest,
): Promise<Manifest> {
  const { registry, reference, store, signal } = request;
  if (chosen.digest === top.descriptor.digest) return decodeManifest(top.bytes, chosen.mediaType);
  const { bytes } = await registry.manifest(reference, chosen, signal);
  await store.blobs.writeBytes(bytes);
  return decodeManifest(bytes, chosen.mediaType);
}
