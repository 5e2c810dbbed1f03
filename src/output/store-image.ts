import type { Descriptor } from "../core/descriptor.ts";
import type { ImageIndex } from "../image/index-document.ts";
import { encodeIndex } from "../image/index-document.ts";
import type { Store } from "../store/store.ts";
import type { BuiltImage } from "./assemble.ts";

/** Keeps built images in the store, without a name. */
export async function storeImage(
  store: Store,
  images: readonly BuiltImage[],
  isIndex: boolean,
): Promise<Descriptor> {
  for (const image of images) {
    await store.blobs.writeBytes(image.configBytes);
    await store.blobs.writeBytes(image.manifestBytes);
    store.images.add(image.configDescriptor.digest, image.manifest);
  }
  return isIndex ? storeIndex(store, images) : images[0]!.manifest;
}

async function storeIndex(store: Store, images: readonly BuiltImage[]): Promise<Descriptor> {
  const manifests = images.map((image): Descriptor => ({ ...image.manifest, platform: image.platform }));
  const index: ImageIndex = { family: "oci", manifests };
  const { bytes, descriptor } = encodeIndex(index);
  await store.blobs.writeBytes(bytes);
  return descriptor;
}
