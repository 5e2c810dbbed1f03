import { cancelled, throwIfAborted } from "../core/cleanup-scope.ts";
import { type Descriptor, isIndexType, isManifestType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Platform } from "../core/platform.ts";
import { collect, verified } from "../store/verified.ts";
import { decodeIndex } from "./index-document.ts";
import { decodeManifest } from "./manifest.ts";
import { isExternalLayer } from "./media-family.ts";
import { attestationsOf, selectPlatform } from "./select-platform.ts";
import { Slots } from "./slots.ts";

/** Where content comes from. */
export interface ContentSource {
  /** The bytes of `descriptor`, not yet verified. Throws `BLOB_NOT_FOUND` or `REGISTRY_*`. */
  fetch(descriptor: Descriptor, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Where content goes. */
export interface ContentTarget {
  /** For a manifest or an index, true promises that everything below it is there too. */
  has(descriptor: Descriptor): Promise<boolean>;
  /** Idempotent and atomic: content that throws half-way leaves nothing that `has` would find. */
  push(descriptor: Descriptor, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Takes a blob from a neighbouring place without its bytes passing through here; false where that is not possible. */
  mountFrom?(descriptor: Descriptor, signal?: AbortSignal): Promise<boolean>;
}

export interface CopyProgress {
  readonly descriptor: Descriptor;
  readonly state: "active" | "done" | "exists" | "mounted";
  /** Bytes so far. */
  readonly current: number;
}

export interface CopyRequest {
  readonly from: ContentSource;
  readonly to: ContentTarget;
  /** Root of what is copied: an index, a manifest or a blob. */
  readonly descriptor: Descriptor;
  /** Of an index, only the images for these and their attestations; default all. */
  readonly platforms?: readonly Platform[];
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
  /** Transfers at a time; default 4. */
  readonly concurrency?: number;
}

/**
 * Copies a graph of content: children before parents, so that the target never holds a manifest whose blobs are missing;
 * each digest once; every byte verified before its parent is written. Ends with the first failure, after the other
 * transfers have stopped. Throws `DIGEST_MISMATCH`, `IMAGE_INVALID`, `PLATFORM_UNAVAILABLE`, `CANCELLED` and what the two
 * sides throw.
 */
export async function copyImage(request: CopyRequest): Promise<void> {
  throwIfAborted(request.signal);
  const copy = new Copy(request);
  const stop = () => copy.abort(cancelled(request.signal));
  request.signal?.addEventListener("abort", stop, { once: true });
  try {
    await copy.run();
  } finally {
    request.signal?.removeEventListener("abort", stop);
  }
}

class Copy {
  readonly #request: CopyRequest;
  readonly #slots: Slots;
  readonly #abort = new AbortController();
  readonly #tasks = new Map<Digest, Promise<void>>();
  #failure: unknown;

  constructor(request: CopyRequest) {
    this.#request = request;
    this.#slots = new Slots(request.concurrency ?? 4);
  }

  /** The first reason to end wins. */
  abort(reason: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.#failure = reason;
    this.#abort.abort(reason);
  }

  async run(): Promise<void> {
    await this.#node(this.#request.descriptor).catch((error: unknown) => this.abort(error));
    await Promise.allSettled(this.#tasks.values());
    if (this.#abort.signal.aborted) throw this.#failure;
  }

  #node(descriptor: Descriptor): Promise<void> {
    const known = this.#tasks.get(descriptor.digest);
    if (known) return known;
    const isDocument = isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
    const task = isDocument ? this.#document(descriptor) : this.#slots.run(() => this.#blob(descriptor));
    this.#tasks.set(descriptor.digest, task);
    task.catch((error: unknown) => this.abort(error));
    return task;
  }

  async #document(descriptor: Descriptor): Promise<void> {
    const bytes = await this.#slots.run(async () =>
      (await this.#isThere(descriptor)) ? undefined : this.#readDocument(descriptor),
    );
    if (!bytes) return;
    this.#check();
    await Promise.all(this.#children(descriptor, bytes).map((child) => this.#node(child)));
    await this.#slots.run(async () => {
      this.#check();
      await this.#request.to.push(descriptor, once(bytes), this.#abort.signal);
      this.#report(descriptor, "done", descriptor.size);
    });
  }

  async #blob(descriptor: Descriptor): Promise<void> {
    if (await this.#isThere(descriptor)) return;
    const { from, to } = this.#request;
    const { signal } = this.#abort;
    if (await to.mountFrom?.(descriptor, signal)) {
      this.#report(descriptor, "mounted", descriptor.size);
      return;
    }
    const content = verified(await from.fetch(descriptor, signal), descriptor);
    await to.push(descriptor, this.#counted(descriptor, content), signal);
    this.#report(descriptor, "done", descriptor.size);
  }

  async #isThere(descriptor: Descriptor): Promise<boolean> {
    this.#check();
    const found = await this.#request.to.has(descriptor);
    this.#check();
    if (found) this.#report(descriptor, "exists", descriptor.size);
    return found;
  }

  async #readDocument(descriptor: Descriptor): Promise<Buffer> {
    if (descriptor.size > LIMITS.manifest)
      throw new SlipwayError(
        "IMAGE_INVALID",
        `the manifest ${descriptor.digest} is larger than ${LIMITS.manifest} bytes`,
      );
    const content = await this.#request.from.fetch(descriptor, this.#abort.signal);
    return collect(verified(content, descriptor), LIMITS.manifest);
  }

  #children(descriptor: Descriptor, bytes: Uint8Array): readonly Descriptor[] {
    const { mediaType } = descriptor;
    if (isManifestType(mediaType)) {
      const { config, layers } = decodeManifest(bytes, mediaType);
      return [config, ...layers.filter((layer) => !isExternalLayer(layer.mediaType))];
    }
    const index = decodeIndex(bytes, mediaType);
    const selected = this.#request.platforms?.map((platform) => selectPlatform(index, platform));
    return selected?.flatMap((entry) => [entry, ...attestationsOf(index, entry)]) ?? index.manifests;
  }

  async *#counted(descriptor: Descriptor, content: AsyncIterable<Uint8Array>) {
    let current = 0;
    this.#report(descriptor, "active", 0);
    for await (const chunk of content) {
      this.#check();
      current += chunk.length;
      this.#report(descriptor, "active", current);
      yield chunk;
    }
  }

  #check(): void {
    if (this.#abort.signal.aborted) throw this.#failure;
  }

  #report(descriptor: Descriptor, state: CopyProgress["state"], current: number): void {
    this.#request.onProgress?.({ descriptor, state, current });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
