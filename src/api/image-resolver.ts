import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { formatPlatform, type Platform } from "../core/platform.ts";
import { decodeImageConfig } from "../image/decode-config.ts";
import { decodeIndex } from "../image/index-document.ts";
import { checkLayerCount, decodeManifest, type Manifest } from "../image/manifest.ts";
import { fullName, parseReference, type Reference } from "../image/reference.ts";
import { selectPlatform } from "../image/select-platform.ts";
import type { LayerContent } from "../output/layer-content.ts";
import type { ImageResolver, ResolvedImage } from "../plan/graph.ts";
import type { Session } from "./session.ts";

export interface ResolverOptions {
  readonly session: Session;
  readonly content: LayerContent;
  /** Ask the registry even where the store has the tag. */
  readonly pull: boolean;
  /** `oci-layout://` contexts, loaded into the store. */
  readonly loadLayout: (specifier: string) => Promise<Descriptor>;
  readonly onProgress: (item: string, current: number, total?: number) => void;
  readonly signal: AbortSignal;
}

/** Finds base images: in the store first, else in a registry, which is only asked for documents; layers come when they are needed. */
export class StoreImageResolver implements ImageResolver {
  readonly #options: ResolverOptions;
  readonly #pulled = new Map<string, Promise<Descriptor>>();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  async resolve(text: string, platform: Platform): Promise<ResolvedImage> {
    if (text.startsWith("oci-layout:"))
      return this.#describe(text, text, await this.#options.loadLayout(text), platform);
    const reference = parseReference(text);
    const local = this.#options.pull && !reference.digest ? undefined : this.#local(reference);
    if (local) {
      const image = await this.#describe(text, fullName(reference), local, platform).catch(ignoreMissing);
      if (image) return image;
    }
    return this.#describe(text, fullName(reference), await this.#pull(reference, platform), platform);
  }

  /** The manifest of a resolved image, for its layers' blobs. */
  async manifest(image: ResolvedImage): Promise<Manifest> {
    const descriptor = await this.#options.session.store.blobs.stat(image.manifest);
    if (!descriptor)
      throw new SlipwayError("BLOB_NOT_FOUND", `the manifest of ${image.name} is not in the store`);
    const bytes = await this.#options.session.store.blobs.readBytes(descriptor, LIMITS.manifest);
    return decodeManifest(bytes, mediaTypeOf(bytes));
  }

  #local(reference: Reference): Descriptor | undefined {
    return this.#options.session.store.images.find(fullName(reference));
  }

  #pull(reference: Reference, platform: Platform): Promise<Descriptor> {
    const key = `${fullName(reference)} ${formatPlatform(platform)}`;
    const known = this.#pulled.get(key) ?? this.#startPull(reference, platform);
    this.#pulled.set(key, known);
    return known;
  }

  async #startPull(reference: Reference, platform: Platform): Promise<Descriptor> {
    const { session, onProgress, signal } = this.#options;
    const { pullImage } = await import("../registry/pull.ts");
    const pulled = await pullImage({
      registry: await session.registry(),
      reference,
      platform,
      store: session.store,
      lazyLayers: true,
      onProgress: (p) => onProgress(p.descriptor.digest, p.current, p.descriptor.size),
      signal,
    }).catch((error) => {
      throw explainLookup(error, reference);
    });
    await session.store.images.tag(fullName(reference), pulled.root);
    return pulled.root;
  }

  async #describe(
    written: string,
    name: string,
    root: Descriptor,
    platform: Platform,
  ): Promise<ResolvedImage> {
    const { content } = this.#options;
    const chosen = isIndexType(root.mediaType)
      ? selectPlatform(decodeIndex(await content.document(root), root.mediaType), platform)
      : root;
    const manifest = decodeManifest(await content.document(chosen), chosen.mediaType);
    const config = decodeImageConfig(await content.document(manifest.config));
    checkLayerCount(manifest, config);
    return { name, reference: written, platform: config.platform, manifest: chosen.digest, config };
  }
}

/** A misspelt stage is looked for as an image; the registry's answer alone would send people the wrong way. */
function explainLookup(error: unknown, { domain, repository: path }: Reference): unknown {
  const isBareName = domain === "docker.io" && path.startsWith("library/");
  if (!isSlipwayError(error) || error.code === "CANCELLED" || !isBareName) return error;
  const name = path.slice("library/".length);
  const { message, hint, facts, cause } = error;
  const looked = `${name} is no stage of the Dockerfile and no image of the store, so a registry was asked for it`;
  return new SlipwayError(error.code, message, {
    hint: hint ? `${looked}; ${hint}` : looked,
    facts,
    cause: cause ?? error,
  });
}

/** A tag whose documents were swept, or that lacks the platform, is asked for again. */
function ignoreMissing(error: unknown): undefined {
  if (isSlipwayError(error, "BLOB_NOT_FOUND", "PLATFORM_UNAVAILABLE")) return undefined;
  throw error;
}

function mediaTypeOf(bytes: Uint8Array): string {
  const { mediaType } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { mediaType?: string };
  return mediaType ?? "application/vnd.oci.image.manifest.v1+json";
}
