import type { Descriptor } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { ComparedDocuments, ComparedFiles } from "../diff/compared-image.ts";
import { diffImages as compare } from "../diff/diff-images.ts";
import type { ImageDiff } from "../diff/image-diff.ts";
import { selectedPaths } from "../diff/selected-paths.ts";
import { imageChain } from "../execute/chain.ts";
import { LayerTree } from "../layer/tree.ts";
import { withArchiveImage } from "./archive-image.ts";
import type { Environment } from "./environment.ts";
import { meansArchive } from "./image-path.ts";
import { findImage, layerSizes, lookAtRoot, type OpenImage, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { makeAvailable } from "./make-available.ts";
import { namingDamage } from "./name-damage.ts";
import type { Session } from "./session.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

export interface ImageDiffOptions {
  /** Names or ids of images, or paths of archives (`docker save`, OCI) or OCI layouts: nothing of these stays in the store. */
  readonly before: string;
  readonly after: string;
  /** One for both images, or one for each; of an image for several platforms, default is this machine's. */
  readonly platforms?: readonly Platform[];
  /** Default: both. */
  readonly only?: "config" | "files";
  /** Only files at or below these paths. */
  readonly paths?: readonly string[];
  /** Paths whose texts are compared, too; all texts below a directory. */
  readonly contents?: readonly string[];
  /** Whether times of modification, and of the images, count. Default: no. */
  readonly times?: boolean;
  readonly pull?: "always" | "missing" | "never";
  readonly signal?: AbortSignal;
}

/**
 * Compares two images, field by field and path by path. Tables of contents answer; nothing is unpacked. Throws `IMAGE_NOT_FOUND`, `PLATFORM_UNAVAILABLE`,
 * `LAYER_INVALID` and `DIGEST_MISMATCH` where a layer is broken, `USAGE` for options that do not fit and for a path in neither image. An ordinary user's
 * layers are read in a user namespace, where there is one.
 */
export async function diffImages(options: ImageDiffOptions, environment: Environment): Promise<ImageDiff> {
  const { before, after, pull, signal, ...rest } = options;
  checkOptions(options);
  for (const [i, image] of [before, after].entries()) {
    if (meansArchive(image, environment)) continue;
    const platform = platformOf(options, i);
    const wanted = { image, ...(pull ? { pull } : {}), ...(platform ? { platform } : {}) };
    await makeAvailable({ ...wanted, ...(signal ? { signal } : {}) }, environment);
  }
  if (environment.uid === 0 || options.only === "config" || !userNamespaceAvailable(environment).available)
    return diffImagesHere(options, environment);
  const call = { operation: "image-diff", options: { before, after, ...rest }, environment };
  return (await inUserNamespace({ ...call, ...(signal ? { signal } : {}) })) as ImageDiff;
}

/** The same, in this process and with what it may do. Images are not pulled. */
export function diffImagesHere(options: ImageDiffOptions, environment: Environment): Promise<ImageDiff> {
  return withImage(options, 0, environment, (before) =>
    withImage(options, 1, environment, (after) => diffOpened(options, before, after)),
  );
}

function diffOpened(options: ImageDiffOptions, before: Opened, after: Opened): Promise<ImageDiff> {
  const { only, paths = [], contents = [], times = false, signal } = options;
  const read = (one: Opened) => namingDamage(one.documents.name, () => filesOf(one, signal));
  const open = async () => [await read(before), await read(after)] as const;
  return compare({
    before: before.documents,
    after: after.documents,
    files: only === "config" ? undefined : open,
    config: only !== "files",
    paths: selectedPaths(paths.length > 0 ? paths : ["/"]),
    contents: selectedPaths(contents),
    times,
  });
}

function checkOptions({ only, paths = [], contents = [], platforms = [] }: ImageDiffOptions): void {
  if (platforms.length > 2)
    throw new SlipwayError("USAGE", "there are two images, and no more than two platforms to look at");
  if (only === "config" && paths.length + contents.length > 0)
    throw new SlipwayError("USAGE", "no paths can be named where only configurations are compared");
  selectedPaths([...paths, ...contents]);
}

function platformOf({ platforms = [] }: ImageDiffOptions, index: number): Platform | undefined {
  return platforms[index] ?? platforms[0];
}

/** An image with the session of the store that it is in. */
interface Opened {
  readonly session: Session;
  readonly image: OpenImage;
  readonly documents: ComparedDocuments;
}

function withImage<R>(
  options: ImageDiffOptions,
  index: 0 | 1,
  environment: Environment,
  work: (opened: Opened) => Promise<R>,
): Promise<R> {
  const { signal } = options;
  const name = index === 0 ? options.before : options.after;
  const open = async (session: Session, root: Descriptor) => {
    const platform = platformOf(options, index);
    const image = await lookAtRoot(session, name, root, platform ? { platform } : {});
    return work({ session, image, documents: documentsOf(session, name, image) });
  };
  if (meansArchive(name, environment)) return withArchiveImage({ source: name, signal }, environment, open);
  return withSession(environment, async (session) => open(session, findImage(session.store, name)));
}

function documentsOf(session: Session, name: string, image: OpenImage): ComparedDocuments {
  const { config, manifest, manifestDescriptor, id } = image;
  return {
    name,
    id,
    manifest: manifestDescriptor.digest,
    config,
    annotations: manifest.annotations ?? {},
    layerSizes: layerSizes(session.store, image),
  };
}

async function filesOf(
  { session, image: { config, manifest } }: Opened,
  signal: AbortSignal | undefined,
): Promise<ComparedFiles> {
  const access = layerAccess(session, signal);
  const chain = imageChain(config.diffIds, manifest.layers);
  const tocs = (await access.layers(chain)).map(({ toc }) => toc);
  return {
    tree: new LayerTree(tocs),
    tocs,
    contents: (layer, wanted) => access.contents(chain, layer, wanted),
  };
}
