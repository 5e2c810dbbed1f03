import type { Descriptor } from "../core/descriptor.ts";
import { isIndexType, isManifestType, MEDIA } from "../core/descriptor.ts";
import { isDigest } from "../core/digest.ts";
import { isSlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlobStore } from "./blob-store.ts";

/**
 * `index.json` of the layout: the names whose images are whole on the disk, so that any OCI tool can read them in place. An image with
 * layers that were never compressed, or never downloaded, has no blobs for them and is left out until it has (SPEC XP-02).
 */
export async function layoutIndex(
  images: readonly { readonly name: string; readonly descriptor: Descriptor }[],
  blobs: BlobStore,
): Promise<string> {
  const manifests: Descriptor[] = [];
  for (const { name, descriptor } of images) {
    if (!(await isWhole(descriptor, blobs))) continue;
    const annotations = {
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": tagOf(name),
    };
    manifests.push({
      mediaType: descriptor.mediaType,
      digest: descriptor.digest,
      size: descriptor.size,
      annotations,
    });
  }
  return document(manifests);
}

/** `index.json` of a layout without images. */
export function emptyLayoutIndex(): string {
  return document([]);
}

function document(manifests: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests });
}

/** Every blob that the document reaches is there. Of an index, at least one image has to be. A damaged document is not whole. */
async function isWhole(descriptor: Descriptor, blobs: BlobStore): Promise<boolean> {
  if (!blobs.has(descriptor.digest)) return false;
  if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) return true;
  const children = await childrenOf(descriptor, blobs);
  if (!children) return false;
  const whole = await Promise.all(children.map((child) => isWhole(child, blobs)));
  return isIndexType(descriptor.mediaType) ? whole.includes(true) : whole.every(Boolean);
}

/** What a document points to; undefined where it cannot be read: one such image must not keep the others out of the index. */
async function childrenOf(
  descriptor: Descriptor,
  blobs: BlobStore,
): Promise<readonly Descriptor[] | undefined> {
  try {
    const bytes = await blobs.readBytes(descriptor, LIMITS.manifest);
    const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString("utf8")) as Partial<Document>;
    const children = [...(config ? [config] : []), ...layers, ...manifests];
    return children.every((child) => isDigest(child?.digest)) ? children : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    if (isSlipwayError(error, "DIGEST_MISMATCH", "BLOB_NOT_FOUND")) return undefined;
    throw error;
  }
}

interface Document {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
}

function tagOf(name: string): string {
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") && !name.includes("@") ? name.slice(colon + 1) : "latest";
}
