import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../../store/remove-tree.ts";
import type { Store } from "../../store/store.ts";
import { treeBytes } from "../../store/tree-bytes.ts";
import { cacheLock, OLD } from "./cache-mounts.ts";

/** The folder of a cache mount (SPEC MT-10). */
export interface CacheFolder {
  readonly path: string;
  /** Which lock guards it. */
  readonly key: string;
  /** A newer one has taken its place: nobody opens it any more. */
  readonly isReplaced: boolean;
}

/** All folders of cache mounts. */
export function cacheFolders({ paths }: Store): readonly CacheFolder[] {
  if (!existsSync(paths.cacheMounts)) return [];
  return readdirSync(paths.cacheMounts).map((name) => {
    const [key = name, ...rest] = name.split(OLD);
    return { path: join(paths.cacheMounts, name), key, isReplaced: rest.length > 0 };
  });
}

/**
 * Removes those that were replaced, or all, but none that a container has mounted at this moment. Each goes as a whole; the bytes
 * are those of its files.
 */
export async function removeCaches(
  store: Store,
  all: boolean,
): Promise<{ readonly removed: number; readonly bytes: number }> {
  let [removed, bytes] = [0, 0];
  for (const { path, key, isReplaced } of cacheFolders(store)) {
    if (!all && !isReplaced) continue;
    const release = store.locks.tryAcquire(cacheLock(key));
    if (!release) continue;
    try {
      bytes += await treeBytes(path);
      // Whoever dies on the way leaves a whole cache, or one that nobody opens. Not to the temporary folder: the disk may be full.
      const away = isReplaced ? path : `${path}${OLD}${randomUUID()}`;
      if (!isReplaced) renameSync(path, away);
      await removeTree(away);
      removed += 1;
    } finally {
      release();
    }
  }
  return { removed, bytes };
}
