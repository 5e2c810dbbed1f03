import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CleanupScope } from "../../core/cleanup-scope.ts";
import { digestOf, hexOf } from "../../core/digest.ts";
import type { RunMount } from "../../plan/graph.ts";
import type { Store } from "../../store/store.ts";

type CacheMount = Extract<RunMount, { type: "cache" }>;

export interface CacheMountRequest {
  readonly mount: CacheMount;
  readonly folder: string;
  readonly namespace: string;
  /** Identity of what `from` names, where it names something: different bases have separate caches (SPEC MT-10). */
  readonly base: string;
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
export async function openCacheMount(
  request: CacheMountRequest,
): Promise<{ readonly path: string; readonly fresh: boolean }> {
  const { mount, folder, namespace, base } = request;
  const name = hexOf(digestOf(JSON.stringify(["cache/1", namespace, mount.id, base])));
  const key = mount.sharing === "private" ? await privateKey(request, name) : await sharedKey(request, name);
  const path = join(folder, key);
  const fresh = !existsSync(path);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  if (fresh && mount.source === "/") seed(path, mount);
  return { path, fresh };
}

async function sharedKey({ mount, store, scope, signal }: CacheMountRequest, name: string): Promise<string> {
  scope.defer(await store.locks.acquire(`cache-${name}`, { shared: mount.sharing === "shared", signal }));
  return name;
}

async function privateKey({ store, scope }: CacheMountRequest, name: string): Promise<string> {
  for (let i = 0; i < MOST_PRIVATE; i++) {
    const key = i === 0 ? name : `${name}-${i}`;
    const release = store.locks.tryAcquire(`cache-${key}`);
    if (!release) continue;
    scope.defer(release);
    return key;
  }
  throw new RangeError("every private copy of this cache is in use");
}

/** Ownership is given to a new cache only; an existing one keeps its own (SPEC MT-11). */
function seed(path: string, mount: CacheMount): void {
  chmodSync(path, mount.mode ?? 0o755);
  if (mount.uid || mount.gid) chownSync(path, mount.uid ?? 0, mount.gid ?? 0);
}
