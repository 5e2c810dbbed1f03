import type { Descriptor } from "../core/descriptor.ts";
import { isIndexType, isManifestType, MEDIA } from "../core/descriptor.ts";
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
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests });
}

/** Every blob that the document reaches is there. Of an index, at least one image has to be. */
async function isWhole(descriptor: Descriptor, blobs: BlobStore): Promise<boolean> {
  if (!blobs.has(descriptor.digest)) return false;
  if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) return true;
  const children = childrenOf(await blobs.readBytes(descriptor, LIMITS.manifest));
  const whole = await Promise.all(children.map((child) => isWhole(child, blobs)));
  return isIndexType(descriptor.mediaType) ? whole.includes(true) : whole.every(Boolean);
}

function childrenOf(bytes: Buffer): readonly Descriptor[] {
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(bytes.toString("utf8")) as {
    config?: Descriptor;
    layers?: readonly Descriptor[];
    manifests?: readonly Descriptor[];
  };
  return [...(config ? [config] : []), ...layers, ...manifests];
}

function tagOf(name: string): string {
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") && !name.includes("@") ? name.slice(colon + 1) : "latest";
}
