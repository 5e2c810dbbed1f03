import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { formatPlatform, normalizePlatform, type Platform } from "../core/platform.ts";
import { decodeImageConfig } from "../image/decode-config.ts";
import { withAnnotatedHealth } from "../image/health-annotation.ts";
import { decodeIndex } from "../image/index-document.ts";
import { checkLayerCount, decodeManifest, type Manifest } from "../image/manifest.ts";
import { fullName, parseReference, type Reference, storedName, withDigest } from "../image/reference.ts";
import { isAttestation, selectPlatform } from "../image/select-platform.ts";
import { checkPlatformDigest, driftError, type SourceLock } from "../lock/source-lock.ts";
import { imageName } from "../lock/source-names.ts";
import type { LayerContent } from "../output/layer-content.ts";
import type { ImageResolver, ResolvedImage } from "../plan/graph.ts";
import type { LockOf } from "./build-lock.ts";
import { offlineImage } from "./offline.ts";
import type { Session } from "./session.ts";

export interface ResolverOptions {
  readonly session: Session;
  readonly content: LayerContent;
  /**
   * Whether to ask the registry for a tag that the store has: `unless-own` asks for what came from a registry, and takes what was made
   * here as it is.
   */
  readonly pull: "missing" | "always" | "unless-own";
  /** Says the digest of what it has; that is not asked for again. */
  readonly lock: LockOf;
  /** false: what is pulled gets no name in the store. */
  readonly tags?: boolean;
  /** `oci-layout://` contexts, loaded into the store. */
  readonly loadLayout: (specifier: string) => Promise<Descriptor>;
  readonly onProgress: (item: string, current: number, total?: number) => void;
  readonly signal: AbortSignal;
}

/** An image that a reference points to, and what it points to: a manifest or an index. */
export interface FoundImage {
  readonly image: ResolvedImage;
  readonly root: Descriptor;
  /** `os/arch[/variant]` of the manifest that was chosen, as the index says it, else the image itself. */
  readonly platform: string;
  /** No registry is known to have it. */
  readonly isOwn?: true;
}

/** Finds base images: in the store first, else in a registry, which is only asked for documents; layers come when they are needed. */
export class StoreImageResolver implements ImageResolver {
  readonly #options: ResolverOptions;
  readonly #pulled = new Map<string, Promise<Descriptor>>();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  async resolve(text: string, platform: Platform): Promise<ResolvedImage> {
    return (await this.find(text, platform)).image;
  }

  /** The same, with what the name points to. `LOCK_DRIFTED`: it has another manifest for the platform than the lock says. */
  async find(text: string, platform: Platform): Promise<FoundImage> {
    if (text.startsWith("oci-layout:")) {
      return this.#describe(text, text, await this.#options.loadLayout(text), platform);
    }
    const written = parseReference(text);
    const lock = await this.#options.lock();
    const entry = lock?.image(written);
    if (!lock || !entry) return this.#findAt(text, written, platform);
    const pinned = withDigest(written, entry.digest);
    const found = await this.#findAt(text, pinned, platform).catch((error) =>
      throwGone(error, lock, written),
    );
    await this.#options.session.store.images.tag(storedName(pinned), found.root);
    const chosen = { platform: found.platform, manifest: found.image.manifest };
    checkPlatformDigest(lock.file, imageName(written), entry, chosen);
    return found;
  }

  async #findAt(text: string, reference: Reference, platform: Platform): Promise<FoundImage> {
    const name = fullName(reference);
    const { pull, session } = this.#options;
    const local = session.store.images.find(name);
    const isSettled = reference.digest !== undefined || session.offline || pull === "missing";
    if (local && isSettled) {
      const found = await this.#describe(text, name, local, platform).catch(ignoreMissing);
      if (found) return found;
    }
    if (local && !isSettled && pull === "unless-own" && (await this.#isOwn(local))) {
      const pulled = await this.#published(reference, platform);
      if (!pulled) return { ...(await this.#describe(text, name, local, platform)), isOwn: true };
    }
    return this.#describe(text, name, await this.#pull(reference, platform), platform);
  }

  /**
   * What a registry has of an image that was made here: it may have been pushed. A name without a host says nothing about where; then
   * the store's counts, as it does for a build.
   */
  async #published(reference: Reference, platform: Platform): Promise<Descriptor | undefined> {
    if (reference.domain === "docker.io") return undefined;
    return this.#pull(reference, platform).catch((error) => {
      if (isSlipwayError(error, "REGISTRY_NOT_FOUND", "REGISTRY_UNREACHABLE", "REGISTRY_UNAUTHORIZED"))
        return undefined;
      throw error;
    });
  }

  /** The manifest of a resolved image, for its layers' blobs. */
  async manifest(image: ResolvedImage): Promise<Manifest> {
    const descriptor = await this.#options.session.store.blobs.stat(image.manifest);
    if (!descriptor)
      throw new SlipwayError("BLOB_NOT_FOUND", `the manifest of ${image.name} is not in the store`);
    const bytes = await this.#options.session.store.blobs.readBytes(descriptor, LIMITS.manifest);
    return decodeManifest(bytes, mediaTypeOf(bytes));
  }

  /** Whether an image was made here, or loaded: of some layer no registry is known to have it. */
  async #isOwn(root: Descriptor): Promise<boolean> {
    const { content, session } = this.#options;
    const { blobs } = session.store;
    const manifests = isIndexType(root.mediaType)
      ? decodeIndex(await content.document(root), root.mediaType).manifests.filter(
          (entry) => !isAttestation(entry) && blobs.stat(entry.digest) !== undefined,
        )
      : [root];
    for (const one of manifests) {
      const { layers } = decodeManifest(await content.document(one), one.mediaType);
      if (layers.some(({ digest }) => session.store.sources(digest).length === 0)) return true;
    }
    return false;
  }

  #pull(reference: Reference, platform: Platform): Promise<Descriptor> {
    const key = `${fullName(reference)} ${formatPlatform(platform)}`;
    const known = this.#pulled.get(key) ?? this.#startPull(reference, platform);
    this.#pulled.set(key, known);
    return known;
  }

  async #startPull(reference: Reference, platform: Platform): Promise<Descriptor> {
    const { session, onProgress, signal, tags = true } = this.#options;
    if (session.offline) throw offlineImage(reference);
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
    if (tags) await session.store.images.tag(storedName(reference), pulled.root);
    return pulled.root;
  }

  async #describe(
    reference: string,
    name: string,
    root: Descriptor,
    platform: Platform,
  ): Promise<FoundImage> {
    const { content } = this.#options;
    const chosen = isIndexType(root.mediaType)
      ? selectPlatform(decodeIndex(await content.document(root), root.mediaType), platform)
      : root;
    const manifest = decodeManifest(await content.document(chosen), chosen.mediaType);
    const config = withAnnotatedHealth(decodeImageConfig(await content.document(manifest.config)), manifest);
    checkLayerCount(manifest, config);
    return {
      root,
      image: { name, reference, platform: config.platform, manifest: chosen.digest, config },
      platform: formatPlatform(normalizePlatform(chosen.platform ?? config.platform)),
    };
  }
}

/** A registry that keeps no untagged manifests has lost what the lock names. */
function throwGone(error: unknown, lock: SourceLock, reference: Reference): never {
  if (!isSlipwayError(error, "REGISTRY_NOT_FOUND")) throw error;
  const promised = lock.image(reference)?.digest ?? "";
  throw driftError(
    lock.file,
    { section: "images", name: imageName(reference) },
    { promised, found: "its registry does not have that digest", cause: error },
  );
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
