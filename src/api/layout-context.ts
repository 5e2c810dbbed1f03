import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Descriptor, isIndexType, MEDIA } from "../core/descriptor.ts";
import { type Digest, hexOf, parseDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { copyImage } from "../image/copy.ts";
import { decodeIndex } from "../image/index-document.ts";
import type { BuildOptions } from "./build-options.ts";
import { type FindFile, insideFolder, layoutBlobs, readSmall, registerImage, storeTarget } from "./load.ts";
import type { Session } from "./session.ts";

const SCHEME = /^oci-layout:(\/\/)?/;

/** `PATH[:TAG][@DIGEST]` of an OCI layout. */
interface LayoutReference {
  readonly text: string;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

function parseLayout(specifier: string): LayoutReference {
  const text = specifier.replace(SCHEME, "");
  const [place = "", digest] = text.split("@");
  const tag = /:([A-Za-z0-9_][\w.-]{0,127})$/.exec(place);
  return { text, path: place.slice(0, tag?.index), tag: tag?.[1], digest };
}

/**
 * The options with the digest of every OCI layout that was given without one: that of the image with the tag (`latest` where there
 * is none), else the only one (SPEC 8.1, --build-context). Throws `IMAGE_NOT_FOUND`, `IMAGE_INVALID`, `CONTEXT_NOT_FOUND`.
 */
export function withPinnedLayouts(options: BuildOptions, cwd: string): BuildOptions {
  const contexts = Object.entries(options.buildContexts ?? {});
  if (!contexts.some(([, specifier]) => SCHEME.test(specifier))) return options;
  const buildContexts = Object.fromEntries(
    contexts.map(([name, specifier]) => [name, SCHEME.test(specifier) ? pinned(specifier, cwd) : specifier]),
  );
  return { ...options, buildContexts };
}

function pinned(specifier: string, cwd: string): string {
  const { path, tag = "latest", digest } = parseLayout(specifier);
  if (digest !== undefined || path === "") return specifier;
  const layout = openLayout(resolve(cwd, path));
  const found =
    named(layout.manifests, tag) ?? (layout.manifests.length === 1 ? layout.manifests[0] : undefined);
  if (found) return `${specifier}@${found.digest}`;
  throw new SlipwayError("IMAGE_NOT_FOUND", `the OCI layout ${path} has no image called ${tag}`, {
    hint: "name one with oci-layout://PATH:TAG or oci-layout://PATH@DIGEST",
  });
}

function named(manifests: readonly Descriptor[], tag: string): Descriptor | undefined {
  return manifests.find(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] === tag);
}

/**
 * The image that `oci-layout://PATH[:TAG]@DIGEST` names, in the store (SPEC SG-10). Throws `CONTEXT_NOT_FOUND` where there is no such
 * folder, `IMAGE_INVALID` where it is no layout, `IMAGE_NOT_FOUND`.
 */
export async function loadLayoutContext(
  { store, environment }: Session,
  specifier: string,
): Promise<Descriptor> {
  const { text, path, digest: written } = parseLayout(specifier);
  if (!written) throw new SlipwayError("STAGE_INVALID", `oci-layout reference "${text}" has no digest`);
  const digest = parseDigest(written);
  const folder = resolve(environment.cwd, path);
  const { find, manifests } = openLayout(folder);
  const found = listed(find, manifests, digest);
  if (!found) throw new SlipwayError("IMAGE_NOT_FOUND", `the OCI layout ${folder} does not list ${digest}`);
  const { annotations: _, ...descriptor } = found;
  await copyImage({ from: layoutBlobs(find), to: storeTarget(store), descriptor });
  await registerImage(store, descriptor);
  return descriptor;
}

function openLayout(folder: string): { readonly find: FindFile; readonly manifests: readonly Descriptor[] } {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new SlipwayError("CONTEXT_NOT_FOUND", `there is no OCI layout folder ${folder}`, {
      hint: "the path of oci-layout:// is relative to the current folder",
    });
  const find: FindFile = (name) => insideFolder(folder, name);
  const indexFile = find("index.json");
  if (!indexFile)
    throw new SlipwayError("IMAGE_INVALID", `${folder} is not an OCI layout: it has no index.json`);
  return { find, manifests: decodeIndex(readSmall(indexFile), MEDIA.ociIndex).manifests };
}

/** The descriptor of a digest that the layout lists, itself or in an index of its images. */
function listed(find: FindFile, manifests: readonly Descriptor[], digest: Digest): Descriptor | undefined {
  for (const descriptor of manifests) {
    if (descriptor.digest === digest) return descriptor;
    const file = isIndexType(descriptor.mediaType)
      ? find(`blobs/sha256/${hexOf(descriptor.digest)}`)
      : undefined;
    const found = file && listed(find, decodeIndex(readSmall(file), descriptor.mediaType).manifests, digest);
    if (found) return found;
  }
  return undefined;
}
