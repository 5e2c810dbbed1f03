import { compressionOf, type Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { keptArchive, layerArchive } from "../layer/archive.ts";
import { decompressor } from "../layer/compression.ts";
import { Toc } from "../layer/toc.ts";
import type { BlobInfo } from "../store/blob-store.ts";
import type { Store } from "../store/store.ts";
import { type EstargzBlob, estargzSettings, writeEstargz } from "./estargz-blob.ts";
import { answers, type CompressionRequest, compressorsFor } from "./layer-compressors.ts";

export interface LayerContentOptions {
  readonly signal?: AbortSignal;
  /** Called before files of a snapshot are read: an ordinary user can do so only inside a user namespace. */
  readonly beforeRead?: () => void;
  /** Where a program that compresses faster than we do is looked for (a PATH value). */
  readonly searchPath?: string;
}

/** Bytes of an image's parts, wherever they are: blobs of the store, layers that exist only as snapshots, or a registry. */
export class LayerContent {
  readonly #store: Store;
  readonly #fetchBlob: (blob: Descriptor) => Promise<void>;
  readonly #options: LayerContentOptions;

  constructor(
    store: Store,
    fetchBlob: (blob: Descriptor) => Promise<void>,
    options: LayerContentOptions = {},
  ) {
    this.#store = store;
    this.#fetchBlob = fetchBlob;
    this.#options = options;
  }

  /** A manifest, index or config, whole and verified. */
  async document(descriptor: Descriptor): Promise<Buffer> {
    checkDocumentSize(descriptor);
    await this.#ensure(descriptor);
    return this.#store.blobs.readBytes(descriptor, descriptor.size);
  }

  /** Tells whether the bytes of a descriptor are a blob of the store. */
  hasBlob(descriptor: Descriptor): boolean {
    return this.#store.blobs.has(descriptor.digest);
  }

  /**
   * Tells whether a layer without compression is known by its files alone. Of a layer that came from elsewhere only the blob has
   * the bytes: other programs write other archives of the same files.
   */
  isMadeHere(layer: Descriptor): boolean {
    const isArchive = compressionOf(layer.mediaType) === "none";
    return isArchive && !this.hasBlob(layer) && this.#store.sources(layer.digest).length === 0;
  }

  /** Any blob as a stream; a layer made here and never compressed is archived on the way (DESIGN decision 2). */
  async open(descriptor: Descriptor): Promise<AsyncIterable<Uint8Array>> {
    if (this.isMadeHere(descriptor)) {
      const archive = this.#archiveOf(descriptor.digest);
      if (archive) return archive;
    }
    if (!this.hasBlob(descriptor)) await this.#fetchBlob(descriptor);
    return this.#store.blobs.open(descriptor);
  }

  /** Reads all of a layer that was made here, which may have been damaged since. Throws `DIGEST_MISMATCH`, and the layer is forgotten. */
  async verifyMadeHere(diffId: Digest): Promise<void> {
    for await (const _ of this.#archiveOf(diffId) ?? []);
  }

  /** A compressed layer without its compression, as a blob of the store. */
  async decompressed(layer: Descriptor, diffId: Digest): Promise<{ digest: Digest; size: number }> {
    const { blobs } = this.#store;
    const known = blobs.stat(diffId);
    if (known) return { digest: diffId, size: known.size };
    const made = await blobs.write(await this.#uncompressed(layer), this.#writeOptions());
    if (made.digest === diffId) return made;
    throw new SlipwayError(
      "DIGEST_MISMATCH",
      `layer ${layer.digest} has the diff ID ${made.digest}, not ${diffId}`,
    );
  }

  /** The layer in another compression: remembered from an earlier time, or made and kept as a blob of the store. */
  async compressed(layer: Descriptor, diffId: Digest, request: CompressionRequest): Promise<BlobInfo> {
    const { blobs } = this.#store;
    const known = this.#store.forms(diffId).find((form) => answers(form, request) && blobs.has(form.digest));
    if (known) return { digest: known.digest, size: known.size };
    const compressors = compressorsFor(request, layer.size, this.#options);
    for (const [i, { settings, compress }] of compressors.entries()) {
      try {
        const blob = await blobs.write(compress(await this.#uncompressed(layer)), this.#writeOptions());
        this.#store.addForm(diffId, { compression: request.compression, settings, ...blob });
        return blob;
      } catch (error) {
        if (!isToolFailure(error) || i === compressors.length - 1) throw error;
      }
    }
    throw new SlipwayError("INTERNAL", "there is no compressor");
  }

  /** The layer as an eStargz blob, which has a diff ID of its own: remembered, or made and kept as a blob of the store (SPEC LT-09). */
  async estargz(layer: Descriptor, diffId: Digest, level?: number): Promise<EstargzBlob> {
    const settings = estargzSettings(level);
    for (const { digest, size, ...form } of this.#store.forms(diffId))
      if (form.compression === "estargz" && form.settings === settings && this.#store.blobs.has(digest))
        return { digest, size, diffId: form.diffId!, annotations: form.annotations! };
    const { signal } = this.#options;
    const blob = await writeEstargz(this.#store, await this.#uncompressed(layer), { level, signal });
    this.#store.addForm(diffId, { compression: "estargz", settings, ...blob });
    return blob;
  }

  #writeOptions(): { readonly signal?: AbortSignal } {
    const { signal } = this.#options;
    return signal ? { signal } : {};
  }

  async #uncompressed(layer: Descriptor): Promise<AsyncIterable<Uint8Array>> {
    const compression = compressionOf(layer.mediaType) ?? "gzip";
    const stream = await this.open(layer);
    return compression === "none" ? stream : decompressor(compression, stream);
  }

  #archiveOf(diffId: Digest): AsyncIterable<Uint8Array> | undefined {
    const { layers } = this.#store;
    if (!layers.get(diffId)) return undefined;
    const kept = layers.archive(diffId);
    if (kept) return this.#forgetDamaged(diffId, keptArchive(kept.path, diffId));
    const snapshot = layers.snapshot(diffId);
    if (!snapshot) return undefined;
    if (snapshot.form === "native") this.#options.beforeRead?.();
    const archive = layerArchive(Toc.open(layers.toc(diffId)), snapshot.path, { diffId });
    return this.#forgetDamaged(diffId, archive);
  }

  /** A layer that is not what it was makes no further cache hit: the next build makes it again. */
  async *#forgetDamaged(diffId: Digest, archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* archive;
    } catch (error) {
      if (!isSlipwayError(error, "DIGEST_MISMATCH")) throw error;
      await this.#store.layers.delete(diffId);
      throw new SlipwayError("DIGEST_MISMATCH", error.message, {
        cause: error,
        hint: "the layer has been removed from the store; build it again",
        facts: error.facts,
      });
    }
  }

  async #ensure(descriptor: Descriptor): Promise<void> {
    if (this.hasBlob(descriptor)) return;
    await this.#fetchBlob(descriptor);
    if (!this.hasBlob(descriptor))
      throw new SlipwayError("BLOB_NOT_FOUND", `${descriptor.digest} is not in the store`, {
        hint: "pull the image again",
      });
  }
}

/** Refuses a manifest, index or config that is too large to be honest. */
function checkDocumentSize(descriptor: Descriptor): void {
  if (descriptor.size > LIMITS.manifest)
    throw new SlipwayError(
      "IMAGE_INVALID",
      `${descriptor.digest} claims ${descriptor.size} bytes, too many for a ${descriptor.mediaType}`,
    );
}

/** Nothing of a failed program's result is kept: another compressor begins anew. */
function isToolFailure(error: unknown): boolean {
  return isSlipwayError(error) && (error.code === "TOOL_FAILED" || error.code === "TOOL_NOT_FOUND");
}
