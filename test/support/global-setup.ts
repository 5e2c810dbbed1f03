import type { TestProject } from "vitest/node";
import { buildIfStale } from "../../scripts/build.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** Why dist/ could not be built; empty where it could. Only tests that run the built command care. */
    readonly buildError: string;
  }
}

/** Builds dist/ once per run, where a source is newer than it. */
export default async function setup(project: TestProject): Promise<void> {
  try {
    await buildIfStale();
    project.provide("buildError", "");
  } catch (error) {
    project.provide("buildError", error instanceof Error ? error.message : String(error));
  }
}
