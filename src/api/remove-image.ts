import { ContainerStore } from "../container/container-store.ts";
import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { decodeIndex } from "../image/index-document.ts";
import { decodeManifest } from "../image/manifest.ts";
import { familiarName, fullName, parseReference } from "../image/reference.ts";
import type { Environment } from "./environment.ts";
import { findImage, tryFullName, withSession } from "./images.ts";
import type { Session } from "./session.ts";

/**
 * Removes a name, or an image by id with its only name (`force`: with all its names). Content that nothing needs any more goes
 * with the next garbage collection; an image's own documents go at once. Gives Docker's lines (`Untagged: …`, `Deleted: …`).
 */
export function removeImages(name: string, force: boolean, environment: Environment): Promise<string[]> {
  return withSession(environment, async (session) => {
    const { images } = session.store;
    const root = findImage(session.store, name);
    const full = tryFullName(name);
    const byName = full !== undefined && images.find(full)?.digest === root.digest;
    const names = images
      .list()
      .filter((entry) => entry.descriptor.digest === root.digest)
      .map((entry) => entry.name);
    const removed = byName ? [fullName(parseReference(name))] : names;
    if (!byName && names.length > 1 && !force)
      throw new SlipwayError("USAGE", `the image ${name} has ${names.length} names`, {
        hint: `remove the names one by one, or use --force: ${names.map((n) => familiarName(parseReference(n))).join(", ")}`,
      });
    if (removed.length >= names.length && !force) await refuseUsed(session, root, name);
    const lines: string[] = [];
    for (const tag of removed) {
      await images.untag(tag);
      lines.push(`Untagged: ${familiarName(parseReference(tag))}`);
    }
    if (removed.length < names.length) return lines;
    for (const id of await idsOf(session, root)) {
      await images.remove(id);
      lines.push(`Deleted: ${id}`);
    }
    return lines;
  });
}

/** A container can be started again only as long as its image is there; its content stays in any case. */
async function refuseUsed(session: Session, root: Descriptor, name: string): Promise<void> {
  const ids = new Set<string>(await idsOf(session, root));
  const user = new ContainerStore(session.store).list().find(({ record }) => ids.has(record.image.id));
  if (!user) return;
  throw new SlipwayError("IMAGE_IN_USE", `the image ${name} is used by the container ${user.record.name}`, {
    hint: `remove the container first (slipway rm ${user.record.name}), or use --force`,
  });
}

async function idsOf({ store }: Session, root: Descriptor): Promise<Digest[]> {
  if (!store.blobs.has(root.digest)) return [];
  const bytes = await store.blobs.readBytes(root, root.size);
  if (!isIndexType(root.mediaType)) return [decodeManifest(bytes, root.mediaType).config.digest];
  const ids: Digest[] = [];
  for (const entry of decodeIndex(bytes, root.mediaType).manifests)
    if (store.blobs.has(entry.digest))
      ids.push(decodeManifest(await store.blobs.readBytes(entry, entry.size), entry.mediaType).config.digest);
  return ids;
}
