import { readdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Store } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/folders.ts";

/** A store in a folder of the test's own; closed when the test ends. */
export function newStore(home = join(temporaryFolder(), "home")): Store {
  const store = new Store(home);
  onTestFinished(() => store.close());
  return store;
}

/** Everything in the temporary area that is no unfinished download, by path below `tmp/`. */
export function leftovers(store: Store): string[] {
  return readdirSync(store.paths.temp, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("/"))
    .sort();
}
