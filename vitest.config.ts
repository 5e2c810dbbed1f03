import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders whose files run for tens of seconds, however short they are. */
const SLOW = /\/test\/(container|examples|api|real)\//;

/** What takes long begins first, so that no worker is left with it at the end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

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
    sequence: { sequencer: SlowFirst },
  },
});
