import { onTestFinished } from "vitest";
import { makeFolder } from "./made-folder.ts";

export { makeFolder, writeTree } from "./made-folder.ts";

/** A new empty folder that is removed when the test ends. Call it inside a test; for suites see `makeFolder`. */
export function temporaryFolder(): string {
  const { path, remove } = makeFolder();
  onTestFinished(remove);
  return path;
}
