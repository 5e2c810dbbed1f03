import { type Descriptor, isIndexType, isManifestType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { type ContentSource, type ContentTarget, type CopyProgress, copyImage } from "../image/copy.ts";
import { fullName, type Reference } from "../image/reference.ts";
import { collect, verified } from "../store/verified.ts";
import type { Registry } from "./client.ts";
import type { RepositoryName } from "./reference.ts";

export interface PushRequest {
  readonly registry: Registry;
  /** Where to; a digest in it must be the descriptor's. Without a tag the image is pushed under its digest. */
  readonly reference: Reference;
  /** Gives the same bytes for the same descriptor as often as it is asked: a broken upload asks again. */
  readonly source: ContentSource;
  /** The index or manifest to push. */
  readonly descriptor: Descriptor;
  /** Repositories that are known to hold a blob; those of the same registry are offered for a mount. */
  readonly mountFrom?: ((digest: Digest) => readonly RepositoryName[]) | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Transfers at a time; default 4. */
  readonly concurrency?: number | undefined;
}

/**
 * Pushes an image: blobs before manifests before indexes, in parallel, what the registry has already not at all. Gives the
 * descriptor of what the reference then points to. Throws `REGISTRY_*`, `DIGEST_MISMATCH`, `IMAGE_INVALID`, `CANCELLED` and
 * what the source throws.
 */
export async function pushImage(request: PushRequest): Promise<Descriptor> {
  const { reference, source, descriptor, onProgress, signal, concurrency } = request;
  if (reference.digest !== undefined && reference.digest !== descriptor.digest) {
    throw new SlipwayError("USAGE", `${fullName(reference)} names another image than ${descriptor.digest}`, {
      hint: "push to a name without a digest",
    });
  }
  const target = new RegistryTarget(request);
  await copyImage({
    from: source,
    to: target,
    descriptor,
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  // The registry may have had the image before, under another tag.
  if (reference.tag !== undefined && !target.isTagged) await target.tag();
  return descriptor;
}

/** A repository as the target of a copy. */
class RegistryTarget implements ContentTarget {
  readonly #request: PushRequest;
  readonly #begun = new Map<Digest, URL>();
  isTagged = false;

  constructor(request: PushRequest) {
    this.#request = request;
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    const { registry, reference, signal } = this.#request;
    return registry.has(reference, descriptor, isDocument(descriptor) ? "manifests" : "blobs", signal);
  }

  async push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    if (isDocument(descriptor)) return this.#pushManifest(descriptor, content, signal);
    const { registry, reference, source } = this.#request;
    const begun = this.#begun.get(descriptor.digest);
    let given: AsyncIterable<Uint8Array> | undefined = content;
    const open = async (): Promise<AsyncIterable<Uint8Array>> => {
      const first = given;
      given = undefined;
      return first ?? verified(await source.fetch(descriptor, signal), descriptor);
    };
    await registry.pushBlob(reference, descriptor, open, { begun, signal });
  }

  async mountFrom(descriptor: Descriptor, signal?: AbortSignal): Promise<boolean> {
    const { registry, reference, mountFrom } = this.#request;
    const from = mountFrom?.(descriptor.digest).find(
      (name) => name.domain === reference.domain && name.repository !== reference.repository,
    );
    if (!from) return false;
    try {
      const outcome = await registry.mount(reference, descriptor, from.repository, signal);
      if (outcome instanceof URL) this.#begun.set(descriptor.digest, outcome);
      return outcome === true;
    } catch (error) {
      // The token service may refuse to let this account read the other repository.
      if (isSlipwayError(error, "REGISTRY_UNAUTHORIZED", "REGISTRY_NOT_FOUND")) return false;
      throw error;
    }
  }

  /** Gives the root its tag when it is there already. */
  async tag(): Promise<void> {
    const { source, descriptor, signal } = this.#request;
    await this.#pushManifest(
      descriptor,
      verified(await source.fetch(descriptor, signal), descriptor),
      signal,
    );
  }

  async #pushManifest(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { registry, reference, descriptor: root } = this.#request;
    const isRoot = descriptor.digest === root.digest;
    const key = isRoot && reference.tag !== undefined ? reference.tag : descriptor.digest;
    const bytes = await collect(content, LIMITS.manifest);
    await registry.pushManifest(reference, key, { descriptor, bytes }, signal);
    this.isTagged ||= isRoot;
  }
}

function isDocument({ mediaType }: Descriptor): boolean {
  return isIndexType(mediaType) || isManifestType(mediaType);
}
