import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // They end what hangs, and nothing else: where several suites share two processors, a second becomes a minute.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    // A process per file costs half a second of processor time; what a file changes in its process it puts back.
    isolate: false,
    maxWorkers: 3,
  },
});
