import { throwIfAborted } from "../core/cleanup-scope.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { PartialBlob } from "../store/partial-blob.ts";
import type { Store } from "../store/store.ts";
import type { Registry } from "./client.ts";
import { gathered } from "./gathered.ts";
import type { RepositoryName } from "./reference.ts";

export interface TransferProgress {
  readonly descriptor: Descriptor;
  /** Bytes that are there, those of an earlier attempt included. */
  readonly current: number;
}

export interface FetchRequest {
  readonly registry: Registry;
  /** Repositories that are known to have the blob, best first. */
  readonly sources: readonly RepositoryName[];
  readonly descriptor: Descriptor;
  readonly store: Store;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets one blob into the store, from where an earlier attempt ended, from the first repository and mirror that gives the
 * right bytes. Idempotent. Throws the last failure: `REGISTRY_*`, `DIGEST_MISMATCH`, `DISK_FULL`, `CANCELLED`;
 * `BLOB_NOT_FOUND` where there are no sources.
 */
export async function fetchBlob(request: FetchRequest): Promise<void> {
  const { sources, descriptor, store, signal } = request;
  if (store.blobs.has(descriptor.digest)) return;
  let failure: unknown = new SlipwayError(
    "BLOB_NOT_FOUND",
    `no registry is known to have ${descriptor.digest}`,
    { hint: "pull the image again", facts: { digest: descriptor.digest } },
  );
  for (const source of sources) {
    try {
      return await fromSource(request, source);
    } catch (error) {
      throwIfAborted(signal);
      failure = error;
    }
  }
  throw failure;
}

/**
 * The bytes of one blob while they come into the store. The last chunk is given when the blob is verified and in its place; who reads
 * no further leaves a download for later. Throws as `fetchBlob` does, but tries no other repository or mirror once it gave bytes:
 * where the blob is not in the store after a failure, `fetchBlob` may still get it, and the bytes that were given were perhaps wrong.
 */
export async function* streamBlob(request: FetchRequest): AsyncGenerator<Uint8Array, void, undefined> {
  const { sources, descriptor, store, signal } = request;
  const [source] = sources;
  if (source && !store.blobs.has(descriptor.digest)) {
    const partial = await store.blobs.partial(descriptor.digest, signal ? { signal } : {});
    try {
      if (!partial.isComplete && partial.length === 0) return yield* streamed(partial, request, source);
    } finally {
      await partial.close();
    }
  }
  await fetchBlob(request);
  yield* store.blobs.open(descriptor);
}

async function* streamed(
  partial: PartialBlob,
  request: FetchRequest,
  source: RepositoryName,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined;
  for await (const chunk of filling(partial, request, source, 0)) {
    if (held) yield held;
    held = chunk;
  }
  await partial.finish();
  if (held) yield held;
}

/** Wrong bytes are a reason to begin anew: at the next endpoint, or at the same one if an earlier process left them. */
async function fromSource(request: FetchRequest, source: RepositoryName): Promise<void> {
  const { registry, descriptor } = request;
  const { domain, repository } = source;
  const endpoints = await registry.endpoints({ domain, repository, digest: descriptor.digest });
  for (let skip = 0; ; ) {
    const attempt = { wasResumed: false };
    try {
      return await download(request, source, skip, attempt);
    } catch (error) {
      if (!isSlipwayError(error, "DIGEST_MISMATCH")) throw error;
      if (!attempt.wasResumed) skip += 1;
      if (skip >= endpoints.length) throw error;
    }
  }
}

async function download(
  request: FetchRequest,
  source: RepositoryName,
  skip: number,
  attempt: { wasResumed: boolean },
): Promise<void> {
  const { store, descriptor, signal } = request;
  const partial = await store.blobs.partial(descriptor.digest, signal ? { signal } : {});
  try {
    if (partial.isComplete) return;
    attempt.wasResumed = partial.length > 0;
    for await (const _ of filling(partial, request, source, skip));
    await partial.finish();
  } finally {
    await partial.close();
  }
}

/** Gives each chunk once it has been appended. */
async function* filling(
  partial: PartialBlob,
  { registry, descriptor, onProgress, signal }: FetchRequest,
  source: RepositoryName,
  skip: number,
): AsyncGenerator<Uint8Array> {
  const options = { offset: partial.length, skip, signal };
  for await (const chunk of gathered(registry.blob(source, descriptor, options))) {
    throwIfAborted(signal);
    if (partial.length + chunk.length > descriptor.size) break;
    await partial.append(chunk);
    onProgress?.({ descriptor, current: partial.length });
    yield chunk;
  }
  if (partial.length === descriptor.size) return;
  const { length } = partial;
  await partial.discard();
  throw new SlipwayError(
    "DIGEST_MISMATCH",
    `${source.domain} did not send the ${descriptor.size} bytes of ${descriptor.digest}`,
    {
      hint: "the registry's copy is damaged: push the image again, or use another mirror",
      facts: { digest: descriptor.digest, size: descriptor.size, length },
    },
  );
}
