import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeRecord } from "../cache/record.ts";
import { isActive } from "../container/container-record.ts";
import { ContainerStore } from "../container/container-store.ts";
import { volumeUsers } from "../container/volume/volume-use.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { type Descriptor, isIndexType, isManifestType } from "../core/descriptor.ts";
import { type Digest, isDigest } from "../core/digest.ts";
import { isSlipwayError, systemErrorCode } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { imageChain } from "../execute/chain.ts";
import { cacheFolders, removeCaches } from "../execute/run/cache-removal.ts";
import { decodeImageConfig } from "../image/decode-config.ts";
import { decodeIndex } from "../image/index-document.ts";
import { decodeManifest, type Manifest } from "../image/manifest.ts";
import type { Freed, Store } from "../store/store.ts";
import { treeBytes } from "../store/tree-bytes.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import { Session } from "./session.ts";
import { elevated, NeedsUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

export interface UsageRow {
  readonly type: string;
  readonly count: number;
  readonly bytes: number;
  readonly reclaimable: number;
}

export type Pruned = Freed;

/** What images (and, unless forgotten, cache records) need. */
interface Needed {
  readonly blobs: ReadonlySet<Digest>;
  readonly layers: ReadonlySet<Digest>;
}

/** Sizes of what the store holds, and how much of it no image and no cache record needs; the caches of RUN steps go only with `all`. */
export function diskUsage(environment: Environment): Promise<UsageRow[]> {
  const call = { operation: "disk-usage", options: {}, environment };
  return elevated(call, () => diskUsageHere(environment));
}

export function diskUsageHere(environment: Environment): Promise<UsageRow[]> {
  return withSession(environment, async ({ store, privilege }) => {
    const needed = await mark(store, false);
    const blobs = allBlobs(store);
    const layers = store.layers.keys().map((key) => ({ key, bytes: store.layers.bytes(key) }));
    const temporary = await store.temp.usage();
    const caches = await cacheSizes(store, privilege.kind === "user" ? environment : undefined);
    return [
      {
        type: "Blobs",
        count: blobs.length,
        bytes: total(blobs),
        reclaimable: total(blobs.filter(({ digest }) => !needed.blobs.has(digest))),
      },
      {
        type: "Layers",
        count: layers.length,
        bytes: total(layers),
        reclaimable: total(layers.filter(({ key }) => !needed.layers.has(key))),
      },
      {
        type: "Cache mounts",
        count: caches.length,
        bytes: total(caches),
        reclaimable: total(caches.filter(({ isReplaced }) => isReplaced)),
      },
      await containerUsage(store),
      await volumeUsage(store, privilege.kind === "user" ? environment : undefined),
      { type: "Temporary", ...temporary },
    ];
  });
}

/** What containers wrote, their logs included. */
async function containerUsage(store: Store): Promise<UsageRow> {
  const all = await Promise.all(
    new ContainerStore(store).list().map(async ({ folder, state }) => ({
      bytes: await treeBytes(folder.path),
      isActive: isActive(state),
    })),
  );
  const ended = all.filter((container) => !container.isActive);
  return { type: "Containers", count: all.length, bytes: total(all), reclaimable: total(ended) };
}

/** Data of volumes; nobody needs what no container has. */
async function volumeUsage(store: Store, user: Environment | undefined): Promise<UsageRow> {
  const containers = new ContainerStore(store);
  const users = volumeUsers(containers);
  const strict = user !== undefined && userNamespaceAvailable(user).available;
  const all = await Promise.all(
    containers.volumes.list().map(async ({ name, data }) => ({
      bytes: await sizeOf(data, strict),
      isUsed: users.has(name),
    })),
  );
  const unused = all.filter(({ isUsed }) => !isUsed);
  return { type: "Volumes", count: all.length, bytes: total(all), reclaimable: total(unused) };
}

async function sizeOf(path: string, strict: boolean): Promise<number> {
  try {
    return await treeBytes(path, { strict });
  } catch (error) {
    throw systemErrorCode(error) === "EACCES" ? new NeedsUserNamespace() : error;
  }
}

/** An ordinary user sees into all folders only inside a user namespace; where there is none, what is closed counts nothing. */
function cacheSizes(store: Store, user: Environment | undefined) {
  const strict = user !== undefined && userNamespaceAvailable(user).available;
  const sized = cacheFolders(store).map(async ({ path, isReplaced }) => ({
    isReplaced,
    bytes: await sizeOf(path, strict),
  }));
  return Promise.all(sized);
}

/**
 * Removes what is not needed, and leftovers of dead processes. `all` forgets the build cache, too, and empties cache mounts. Waits until nobody else works
 * with the store: builds, transfers, containers. Works on a full disk: what it takes no space to free goes first.
 */
export async function prune(options: { readonly all: boolean }, environment: Environment): Promise<Pruned> {
  let early: Pruned = { removed: 0, bytes: 0 };
  const attempt = () =>
    pruneHere(options, environment, (freed) => {
      early = freed;
    });
  const rest = await elevated({ operation: "prune", options, environment }, attempt);
  return sum(early, rest);
}

/** `onEarly` is told what was freed before it turned out that the rest takes a user namespace. */
export async function pruneHere(
  options: { readonly all: boolean },
  environment: Environment,
  onEarly: (freed: Pruned) => void = () => {},
): Promise<Pruned> {
  const session = await Session.open(environment);
  const scope = new CleanupScope();
  scope.defer(() => session.close());
  return scope.around(async () => {
    const freed = await session.store.sweepTemporary();
    if (session.privilege.kind === "user" && userNamespaceAvailable(environment).available) {
      onEarly(freed);
      throw new NeedsUserNamespace();
    }
    return sum(freed, await session.collect(() => sweep(session.store, options.all)));
  });
}

function total(list: readonly { readonly bytes: number }[]): number {
  return list.reduce((bytes, item) => bytes + item.bytes, 0);
}

function sum(a: Pruned, b: Pruned): Pruned {
  return { removed: a.removed + b.removed, bytes: a.bytes + b.bytes };
}

async function sweep(store: Store, all: boolean): Promise<Pruned> {
  const needed = await mark(store, all);
  const blobs = allBlobs(store).filter(({ digest }) => !needed.blobs.has(digest));
  const forgetIds = () => store.images.forget(({ digest }) => !needed.blobs.has(digest));
  const isForgotten = await fits(forgetIds);
  for (const { digest } of blobs) store.blobs.delete(digest);
  let bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0);
  const layers = store.layers.keys().filter((key) => !needed.layers.has(key));
  for (const key of layers) {
    bytes += store.layers.bytes(key);
    await store.layers.delete(key);
  }
  const caches = await removeCaches(store, all);
  if (!isForgotten) await forgetIds();
  // A record whose layer is gone does no harm, and now there is space to write that it is forgotten.
  if (all) await store.forgetRecords();
  return {
    removed: blobs.length + layers.length + caches.removed,
    bytes: bytes + caches.bytes,
  };
}

/** False where the disk was too full for it. */
async function fits(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isSlipwayError(error, "DISK_FULL")) return false;
    throw error;
  }
}

async function mark(store: Store, namedOnly: boolean): Promise<Needed> {
  const blobs = new Set<Digest>();
  const layers = new Set<Digest>();
  const named = store.images.list().map(({ descriptor }) => descriptor);
  // A container that does not run may be started again.
  const used = new ContainerStore(store).list().map(({ record }) => record.image.manifest);
  const roots = [...named, ...used];
  for (const root of roots) await markImage(store, root, blobs, layers);
  if (!namedOnly)
    for (const { key, value } of store.recordKeys()) {
      const record = decodeRecord(value);
      if (record) layers.add(record.layer.diffId);
      else store.removeRecord(key);
    }
  for (const key of layers) for (const form of store.forms(key)) blobs.add(form.digest);
  return { blobs, layers };
}

async function markImage(
  store: Store,
  descriptor: Descriptor,
  blobs: Set<Digest>,
  layers: Set<Digest>,
): Promise<void> {
  if (blobs.has(descriptor.digest)) return;
  blobs.add(descriptor.digest);
  if (isIndexType(descriptor.mediaType)) {
    const index = await readDocument(store, descriptor, (bytes) => decodeIndex(bytes, descriptor.mediaType));
    for (const entry of index?.manifests ?? []) await markImage(store, entry, blobs, layers);
  } else if (isManifestType(descriptor.mediaType)) {
    const manifest = await readDocument(store, descriptor, (bytes) =>
      decodeManifest(bytes, descriptor.mediaType),
    );
    if (manifest) await markContent(store, manifest, blobs, layers);
  }
}

async function markContent(
  store: Store,
  { config, layers: layerBlobs }: Manifest,
  blobs: Set<Digest>,
  layers: Set<Digest>,
): Promise<void> {
  for (const blob of [config, ...layerBlobs]) blobs.add(blob.digest);
  const image = await readDocument(store, config, decodeImageConfig);
  for (const layer of imageChain(image?.diffIds ?? [], layerBlobs).layers) {
    layers.add(layer.diffId);
    layers.add(layer.stack);
  }
}

/** A document, or undefined where it is absent or cannot be read: what it needs is unknown then, and the image of no use. */
async function readDocument<T>(
  store: Store,
  descriptor: Descriptor,
  decode: (bytes: Uint8Array) => T,
): Promise<T | undefined> {
  try {
    return decode(await store.blobs.readBytes(descriptor, LIMITS.manifest));
  } catch (error) {
    if (isSlipwayError(error, "BLOB_NOT_FOUND", "DIGEST_MISMATCH", "IMAGE_INVALID")) return undefined;
    throw error;
  }
}

function allBlobs(store: Store): { readonly digest: Digest; readonly bytes: number }[] {
  return readdirSync(store.paths.blobs)
    .map((name) => `sha256:${name}`)
    .filter(isDigest)
    .map((digest) => ({
      digest,
      bytes: statSync(join(store.paths.blobs, digest.slice(7)), { throwIfNoEntry: false })?.size ?? 0,
    }));
}
