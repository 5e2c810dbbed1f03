import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Report } from "../../bench/report/report.ts";
import { temporaryFolder } from "../support/folders.ts";
import { busyboxRootfs } from "../support/root-filesystems.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";
import { runCommand } from "../support/tools.ts";

const LIMIT_MS = 180_000;

async function bench(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runCommand(process.execPath, [join(PROJECT_ROOT, "bench/run.mjs"), ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: temporaryFolder(), ...env },
  });
}

describe("npm run bench", () => {
  it(
    "measures a row and leaves a report, and no temporary folder",
    async () => {
      const [cache, results, temporary] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
      copyFileSync(await busyboxRootfs(), join(cache, "debian-bookworm.tar"));
      const args = ["--only", "cached-6", "--no-peers", "--runs", "1", "--results", results];
      const { exitCode, stdout, stderr } = await bench(args, {
        SLIPWAY_BENCH_CACHE: cache,
        TMPDIR: temporary,
      });
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain("6-step image, all cached");
      const file = readdirSync(results).find((name) => name.endsWith(".json"))!;
      const report = JSON.parse(readFileSync(join(results, file), "utf8")) as Report;
      const ours = report.rows[0]!.result.builders.slipway!;
      expect(ours.seconds.median).toBeGreaterThan(0);
      expect(ours.memory).toBeGreaterThan(10e6);
      expect(readdirSync(temporary).filter((name) => name.startsWith("slipway-bench"))).toEqual([]);
    },
    LIMIT_MS,
  );

  it("says what is wrong with a call", async () => {
    const { exitCode, stderr } = await bench(["--only", "cached-7-steps"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("the nearest is cached-6-steps");
  });
});
