import { throwIfAborted } from "../core/cleanup-scope.ts";
import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import { decodeIndex } from "../image/index-document.ts";
import { decodeManifest, type Manifest } from "../image/manifest.ts";
import type { Reference } from "../image/reference.ts";
import { selectPlatform } from "../image/select-platform.ts";
import type { Store } from "../store/store.ts";
import type { Registry } from "./client.ts";
import type { RepositoryName } from "./reference.ts";

export interface TransferProgress {
  readonly descriptor: Descriptor;
  /** Bytes that are there, those of an earlier attempt included. */
  readonly current: number;
}

export interface PullRequest {
  readonly registry: Registry;
  readonly reference: Reference;
  readonly platform: Platform;
  readonly store: Store;
  /** Leave the layers where they are; only where they can be had from is noted. */
  readonly lazyLayers: boolean;
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly signal?: AbortSignal;
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
  const { registry, reference, platform, store, signal } = request;
  const top = await registry.manifest(reference, undefined, signal);
  await store.blobs.writeBytes(top.bytes);
  const root = top.descriptor;
  const chosen = isIndexType(root.mediaType)
    ? selectPlatform(decodeIndex(top.bytes, root.mediaType), platform)
    : root;
  const manifest = await document(request, chosen, root, top.bytes);
  await download(request, manifest.config);
  for (const layer of manifest.layers) store.addSource(layer.digest, nameOf(reference));
  if (!request.lazyLayers) await inParallel(manifest.layers, (layer) => download(request, layer));
  return { root, manifest: chosen };
}

async function document(
  request: PullRequest,
  chosen: Descriptor,
  root: Descriptor,
  rootBytes: Buffer,
): Promise<Manifest> {
  if (chosen.digest === root.digest) return decodeManifest(rootBytes, root.mediaType);
  const { registry, reference, store, signal } = request;
  const { bytes } = await registry.manifest(reference, chosen, signal);
  await store.blobs.writeBytes(bytes);
  return decodeManifest(bytes, chosen.mediaType);
}

function download(
  { registry, reference, store, onProgress, signal }: PullRequest,
  descriptor: Descriptor,
): Promise<void> {
  return downloadInto(store, registry, reference, descriptor, {
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
  });
}

export interface FetchRequest {
  readonly registry: Registry;
  /** Repositories that are known to have the blob, best first. */
  readonly sources: readonly RepositoryName[];
  readonly descriptor: Descriptor;
  readonly store: Store;
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly signal?: AbortSignal;
}

/** Gets one blob into the store from the first repository that gives it; the last failure is thrown. */
export async function fetchBlob({
  registry,
  sources,
  descriptor,
  store,
  onProgress,
  signal,
}: FetchRequest): Promise<void> {
  let failure: unknown = new SlipwayError(
    "BLOB_NOT_FOUND",
    `no registry is known to have ${descriptor.digest}`,
    { hint: "pull the image again" },
  );
  for (const source of sources) {
    try {
      return await downloadInto(store, registry, source, descriptor, {
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      throwIfAborted(signal);
      failure = error;
    }
  }
  throw failure;
}

/** Downloads into a file that survives this process, from where an earlier attempt ended. */
async function downloadInto(
  store: Store,
  registry: Registry,
  source: RepositoryName,
  descriptor: Descriptor,
  { onProgress, signal }: Pick<FetchRequest, "onProgress" | "signal">,
): Promise<void> {
  if (store.blobs.has(descriptor.digest)) return;
  const partial = await store.blobs.partial(descriptor.digest, signal ? { signal } : {});
  try {
    if (partial.isComplete) return;
    // More than there should be can only be wrong: begin anew.
    if (partial.length > descriptor.size) await partial.discard();
    else
      await fill(partial, registry, source, descriptor, {
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      });
  } finally {
    await partial.close();
  }
  if (!store.blobs.has(descriptor.digest))
    await downloadInto(store, registry, source, descriptor, {
      ...(onProgress ? { onProgress } : {}),
      ...(signal ? { signal } : {}),
    });
}

async function fill(
  partial: Awaited<ReturnType<Store["blobs"]["partial"]>>,
  registry: Registry,
  source: RepositoryName,
  descriptor: Descriptor,
  { onProgress, signal }: Pick<FetchRequest, "onProgress" | "signal">,
): Promise<void> {
  let current = partial.length;
  if (current < descriptor.size) {
    for await (const chunk of registry.blob(source, descriptor, {
      offset: current,
      ...(signal ? { signal } : {}),
    })) {
      throwIfAborted(signal);
      current += chunk.length;
      if (current > descriptor.size) {
        await partial.discard();
        throw new SlipwayError(
          "DIGEST_MISMATCH",
          `the registry sent more than the ${descriptor.size} bytes of ${descriptor.digest}`,
        );
      }
      await partial.append(chunk);
      onProgress?.({ descriptor, current });
    }
  }
  await partial.finish();
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
}

function nameOf({ domain, repository }: Reference): string {
  return `${domain}/${repository}`;
}
