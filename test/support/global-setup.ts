import { chmodSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { buildIfStale } from "../../scripts/build.mjs";
import { makeFolder } from "./made-folder.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Why dist/ could not be built; empty where it could. Only tests that run the built command care. */
    readonly buildError: string;
    /** A folder for what the files of this run share, and which is removed after it. */
    readonly shared: string;
  }
}

/** Builds dist/ once per run, where a source is newer than it, and makes the folder that its files share. */
export default async function setup(project: TestProject): Promise<() => void> {
  const shared = makeFolder();
  // Some of its folders belong to the user that tests run commands as.
  chmodSync(shared.path, 0o711);
  project.provide("shared", shared.path);
  try {
    await buildIfStale();
    project.provide("buildError", "");
  } catch (error) {
    project.provide("buildError", error instanceof Error ? error.message : String(error));
  }
  return shared.remove;
}
