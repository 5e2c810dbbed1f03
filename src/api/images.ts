import { isAcceptable } from "../core/acceptable-platforms.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { formatPlatform, hostPlatform, type Platform } from "../core/platform.ts";
import type { ImageConfig } from "../image/config.ts";
import { decodeImageConfig } from "../image/decode-config.ts";
import { withAnnotatedHealth } from "../image/health-annotation.ts";
import { pairHistory } from "../image/history.ts";
import { decodeIndex } from "../image/index-document.ts";
import { type DockerInspect, dockerInspect } from "../image/inspect.ts";
import { checkLayerCount, decodeManifest, type Manifest } from "../image/manifest.ts";
import { familiarName, fullName, parseReference } from "../image/reference.ts";
import { selectPlatform } from "../image/select-platform.ts";
import { LayerContent } from "../output/layer-content.ts";
import type { Store } from "../store/store.ts";
import type { Environment } from "./environment.ts";
import { Session } from "./session.ts";

/** One image of the store: a row of `slipway images`. */
export interface ImageSummary {
  /** Names as people write them; none for an image that lost its tag. */
  readonly names: readonly string[];
  /** Config digest; the index's own where the image has several platforms. */
  readonly id: Digest;
  readonly root: Descriptor;
  readonly created?: string;
  /** Bytes of files, before compression, as far as they are known. */
  readonly size: number;
}

/** An image opened for looking at: documents only, no layer is fetched. */
export interface OpenImage {
  readonly root: Descriptor;
  readonly manifestDescriptor: Descriptor;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  readonly id: Digest;
}

export interface HistoryEntry {
  /** Image id for the newest entry; undefined for the steps below. */
  readonly id?: Digest;
  readonly created?: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly size: number;
  readonly layer?: Digest;
}

/** Opens a session for the time of one piece of work. Nothing that the store holds is collected meanwhile. */
export async function withSession<R>(
  environment: Environment,
  work: (session: Session) => Promise<R>,
): Promise<R> {
  const session = await Session.open(environment);
  const scope = new CleanupScope();
  scope.defer(() => session.close());
  return scope.around(async () => {
    await session.keepContent();
    // What dead processes left behind goes now: it may hold secrets.
    await session.store.temp.sweep();
    return work(session);
  });
}

/** Finds an image by name, id or id prefix. Throws `IMAGE_NOT_FOUND`. */
export function findImage(store: Store, name: string): Descriptor {
  const byId = /^(sha256:)?[0-9a-f]{4,64}$/.test(name) ? store.images.findById(name) : undefined;
  const found = byId ?? store.images.find(tryFullName(name) ?? name);
  if (found) return found;
  throw new SlipwayError("IMAGE_NOT_FOUND", `no such image: ${name}`, {
    hint: "`slipway images` lists what is here; `slipway pull` gets an image from a registry",
  });
}

/** Documents of an image for one platform. */
export async function openImage(
  session: Session,
  root: Descriptor,
  platform: Platform = hostPlatform(),
): Promise<OpenImage> {
  const content = new LayerContent(session.store, (blob) => session.fetchBlob(blob));
  const manifestDescriptor = isIndexType(root.mediaType)
    ? selectPlatform(decodeIndex(await content.document(root), root.mediaType), platform)
    : root;
  const manifest = decodeManifest(await content.document(manifestDescriptor), manifestDescriptor.mediaType);
  const config = withAnnotatedHealth(decodeImageConfig(await content.document(manifest.config)), manifest);
  checkLayerCount(manifest, config);
  return { root, manifestDescriptor, manifest, config, id: manifest.config.digest };
}

/** Every image, the newest first. */
export function listImages(environment: Environment): Promise<ImageSummary[]> {
  return withSession(environment, async (session) => {
    const byRoot = new Map<Digest, { root: Descriptor; names: string[] }>();
    for (const { name, descriptor } of session.store.images.list()) {
      const entry = byRoot.get(descriptor.digest) ?? { root: descriptor, names: [] };
      entry.names.push(familiarName(parseReference(name)));
      byRoot.set(descriptor.digest, entry);
    }
    const rows = await Promise.all(
      [...byRoot.values()].map(({ root, names }) => summarize(session, root, shownNames(names))),
    );
    return rows.sort((a, b) => (b.created ?? "").localeCompare(a.created ?? ""));
  });
}

/** Where an image has a tag, names by digest tell nothing. */
function shownNames(names: readonly string[]): readonly string[] {
  const tagged = names.filter((name) => !name.includes("@"));
  return tagged.length > 0 ? tagged : names;
}

/** Which image of an index is looked at. */
export interface LookOptions {
  /** Default: this machine's. */
  readonly platform?: Platform;
}

/** What `docker image inspect` shows. Throws `PLATFORM_UNAVAILABLE` where the image is for other platforms. */
export function inspectImage(
  name: string,
  options: LookOptions,
  environment: Environment,
): Promise<DockerInspect> {
  return withSession(environment, async (session) => {
    const image = await lookAt(session, name, options);
    const names = session.store.images
      .list()
      .filter(({ descriptor }) => descriptor.digest === image.root.digest);
    const tags = names.map((entry) => familiarName(parseReference(entry.name)));
    return dockerInspect({
      id: image.id,
      config: image.config,
      manifest: image.root,
      tags: tags.filter((tag) => !tag.includes("@")),
      repoDigests: [...new Set(tags.map((tag) => `${repositoryOf(tag)}@${image.root.digest}`))],
      size: layerSizes(session.store, image).reduce((sum, size) => sum + size, 0),
    });
  });
}

/**
 * The image of that name for a platform, this machine's by default. An image without an index is for one platform, and that has
 * to be one that is taken where a platform was asked for (`acceptablePlatforms`). Throws `IMAGE_NOT_FOUND`, `PLATFORM_UNAVAILABLE`.
 */
export async function lookAt(session: Session, name: string, options: LookOptions): Promise<OpenImage> {
  return lookAtRoot(session, name, findImage(session.store, name), options);
}

/** The same for an image that has been found; `name` is for messages. */
export async function lookAtRoot(
  session: Session,
  name: string,
  root: Descriptor,
  { platform }: LookOptions,
): Promise<OpenImage> {
  const image = await openImage(session, root, platform);
  const actual = image.config.platform;
  if (!platform || image.root !== image.manifestDescriptor || isAcceptable(actual, platform)) return image;
  throw new SlipwayError("PLATFORM_UNAVAILABLE", `${name} is not available for ${formatPlatform(platform)}`, {
    hint: `it is for ${formatPlatform(actual)}`,
  });
}

/** The steps that made an image, the newest first, with the size that each added. Throws as `inspectImage` does. */
export function imageHistory(
  name: string,
  options: LookOptions,
  environment: Environment,
): Promise<HistoryEntry[]> {
  return withSession(environment, async (session) => {
    const image = await lookAt(session, name, options);
    const sizes = layerSizes(session.store, image);
    const rows = pairHistory(image.config).map(
      ({ item, diffId, layer }): HistoryEntry => ({
        ...(item?.created ? { created: item.created } : {}),
        createdBy: item?.created_by ?? "",
        comment: item?.comment ?? "",
        size: layer === undefined ? 0 : (sizes[layer] ?? 0),
        ...(diffId ? { layer: diffId } : {}),
      }),
    );
    return rows.reverse().map((row, i) => (i === 0 ? { id: image.id, ...row } : row));
  });
}

/** Gives an image a further name. */
export function tagImage(source: string, target: string, environment: Environment): Promise<void> {
  return withSession(environment, async (session) => {
    const root = findImage(session.store, source);
    await session.store.images.tag(fullName(parseReference(target)), root);
  });
}

async function summarize(
  session: Session,
  root: Descriptor,
  names: readonly string[],
): Promise<ImageSummary> {
  try {
    const image = await openImage(session, root);
    const size = layerSizes(session.store, image).reduce((sum, bytes) => sum + bytes, 0);
    const id = isIndexType(root.mediaType) ? root.digest : image.id;
    return { names, id, root, size, ...(image.config.created ? { created: image.config.created } : {}) };
  } catch (error) {
    // One damaged image must not hide the others; using it says what is wrong with it.
    if (error instanceof SlipwayError) return { names, id: root.digest, root, size: 0 };
    throw error;
  }
}

/** Bytes per layer from the bottom: of the files where the layer was opened, else of its blob. */
export function layerSizes(store: Store, image: Pick<OpenImage, "manifest" | "config">): number[] {
  return image.config.diffIds.map(
    (diffId, i) => store.layers.get(diffId)?.fileBytes ?? image.manifest.layers[i]?.size ?? 0,
  );
}

export function tryFullName(name: string): string | undefined {
  try {
    return fullName(parseReference(name));
  } catch {
    return undefined;
  }
}

function repositoryOf(name: string): string {
  return name.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}
