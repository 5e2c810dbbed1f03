import { chownSync, lchownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import type { TestUser } from "./test-user.ts";

/**
 * Makes the home of a store, empty but for a compile cache that all stores of this run have in common (`src/cli/compile-cache.ts`):
 * else every test file would have the whole program compiled again, once for each command.
 */
export function prepareStoreHome(home: string, user?: TestUser): void {
  const owner = { uid: user?.uid ?? process.getuid!(), gid: user?.gid ?? process.getgid!() };
  const cache = join(inject("shared"), `programs-${owner.uid}`);
  const link = join(home, "compile-cache");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  symlinkSync(cache, link);
  if (owner.uid === process.getuid!()) return;
  for (const path of [home, cache]) chownSync(path, owner.uid, owner.gid);
  lchownSync(link, owner.uid, owner.gid);
}
