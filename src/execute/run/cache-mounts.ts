import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { CleanupScope } from "../../core/cleanup-scope.ts";
import { digestOf, hexOf } from "../../core/digest.ts";
import { describeSystemError } from "../../core/errors.ts";
import type { RunMount } from "../../plan/graph.ts";
import type { Store } from "../../store/store.ts";
import { makeFolders } from "../../sys/make-folders.ts";

export type CacheMount = Extract<RunMount, { type: "cache" }>;

/** What `from` names: caches with different bases are different caches, and each begins as its base (SPEC MT-10). */
export interface CacheBase {
  readonly identity: string;
  /** Lays the files into a folder that is there and empty. */
  readonly fill: (folder: string) => Promise<void>;
}

export interface CacheMountRequest {
  readonly mount: CacheMount;
  readonly folder: string;
  readonly namespace: string;
  readonly base: CacheBase | undefined;
  /** Caches that this build has begun anew; undefined where the step may use cached results (SPEC MT-11). */
  readonly renewed: Set<string> | undefined;
  readonly store: Store;
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

/** More private copies than this of one cache are never in use at a time. */
const MOST_PRIVATE = 512;

/**
 * The folder of a cache mount, locked as its sharing asks until the scope closes (SPEC MT-10): `shared` is used by many,
 * `locked` waits, `private` takes another folder. Ids name a folder by their digest only, so that none leads anywhere
 * (CVE-2024-9675).
 */
export async function openCacheMount(request: CacheMountRequest): Promise<{ readonly path: string }> {
  const name = nameOf(request);
  if (request.mount.sharing === "private") return openPrivate(request, name);
  const { locks } = request.store;
  const lock = cacheLock(name);
  const path = join(request.folder, name);
  const shared = request.mount.sharing === "shared";
  if (!existsSync(path) || mustRenew(request, name)) await makeReady(request, name);
  request.scope.defer(await locks.acquire(lock, { shared, signal: request.signal }));
  return { path };
}

/** Held, shared or alone, by whoever has the folder of that name mounted. */
export function cacheLock(name: string): string {
  return `cache-${name}`;
}

/** A shared cache that others are using gives way to a new one at once; any other is waited for. */
async function makeReady(request: CacheMountRequest, name: string): Promise<void> {
  const { store, mount, signal } = request;
  if (mount.sharing !== "shared")
    return store.withLock(cacheLock(name), () => begin(request, name, true), { signal });
  const alone = store.locks.tryAcquire(cacheLock(name));
  try {
    await begin(request, name, alone !== undefined);
  } finally {
    alone?.();
  }
}

async function openPrivate(request: CacheMountRequest, name: string): Promise<{ readonly path: string }> {
  for (let i = 0; i < MOST_PRIVATE; i++) {
    const key = i === 0 ? name : `${name}-${i}`;
    const release = request.store.locks.tryAcquire(cacheLock(key));
    if (!release) continue;
    request.scope.defer(release);
    await begin(request, key, true);
    return { path: join(request.folder, key) };
  }
  throw new RangeError("every private copy of this cache is in use");
}

/** An owner or mode makes a cache of its own, apart from those with others or none (SPEC MT-11). */
function nameOf({ mount, namespace, base }: CacheMountRequest): string {
  const parts = ["cache/1", namespace, mount.id, base?.identity ?? ""];
  const { mode, uid, gid } = mount;
  return hexOf(digestOf(JSON.stringify(isSeeded(mount) ? [...parts, { mode, uid, gid }] : parts)));
}

/** Owner and mode count for a whole cache only, not for a part of what `from` names (SPEC MT-11). */
function isSeeded({ source, mode, uid, gid }: CacheMount): boolean {
  return source === "/" && (mode !== undefined || uid !== undefined || gid !== undefined);
}

function mustRenew({ renewed }: CacheMountRequest, key: string): boolean {
  return renewed !== undefined && !renewed.has(key);
}

/**
 * Makes the folder where it is missing or has to begin anew. It appears filled, or not at all. Where others still have the old one
 * mounted (`isAlone` false), it stays under another name until somebody is alone with the cache.
 */
function begin(request: CacheMountRequest, key: string, isAlone: boolean): Promise<void> {
  // Nobody who holds this lock waits for another one.
  const lock = `begin-cache-${key}`;
  return request.store.withLock(lock, () => replace(request, key, isAlone), { signal: request.signal });
}

async function replace(request: CacheMountRequest, key: string, isAlone: boolean): Promise<void> {
  const { mount, folder, base, renewed, store } = request;
  const path = join(folder, key);
  if (existsSync(path) && !mustRenew(request, key)) return;
  renewed?.add(key);
  const scope = new CleanupScope();
  await scope.around(async () => {
    const fresh = store.temp.directory("cache");
    scope.defer(() => store.temp.remove(fresh));
    if (isSeeded(mount)) seed(fresh, mount);
    else await fill(fresh, base);
    makeFolders(folder, 0o755);
    if (existsSync(path)) renameSync(path, `${path}${OLD}${randomUUID()}`);
    renameSync(fresh, path);
    if (isAlone) for (const old of oldOnes(folder, key)) await store.temp.remove(old);
  });
}

/** Between the name of a cache and what tells its former folders apart. */
export const OLD = ".old-";

function oldOnes(folder: string, key: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${key}${OLD}`))
    .map((name) => join(folder, name));
}

async function fill(folder: string, base: CacheBase | undefined): Promise<void> {
  try {
    chmodSync(folder, 0o755);
    await base?.fill(folder);
  } catch (error) {
    throw describeSystemError(error, "filling a cache mount");
  }
}

function seed(path: string, mount: CacheMount): void {
  chownSync(path, mount.uid ?? 0, mount.gid ?? 0);
  chmodSync(path, mount.mode ?? 0o755);
}
