import type { Descriptor } from "../core/descriptor.ts";
import type { ImageIndex } from "../image/index-document.ts";
import { encodeIndex } from "../image/index-document.ts";
import type { Store } from "../store/store.ts";
import type { BuiltImage } from "./assemble.ts";

/** Keeps built images in the store under `names` (full references); several platforms become an index. Documents before tags. */
export async function storeImage(
  store: Store,
  images: readonly BuiltImage[],
  names: readonly string[],
  forceIndex = false,
): Promise<Descriptor> {
  for (const image of images) {
    await store.blobs.writeBytes(image.configBytes);
    await store.blobs.writeBytes(image.manifestBytes);
    store.images.add(image.configDescriptor.digest, image.manifest);
  }
  const root = images.length === 1 && !forceIndex ? images[0]!.manifest : await storeIndex(store, images);
  for (const name of names) await store.images.tag(name, root);
  return root;
}

async function storeIndex(store: Store, images: readonly BuiltImage[]): Promise<Descriptor> {
  const manifests = images.map((image): Descriptor => ({ ...image.manifest, platform: image.platform }));
  const index: ImageIndex = { family: "oci", manifests };
  const { bytes, descriptor } = encodeIndex(index);
  await store.blobs.writeBytes(bytes);
  return descriptor;
}
