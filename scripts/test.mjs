#!/usr/bin/env node
// `npm test [-- what vitest takes]`: sets everything up, runs the suite, and ends with the line `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, runMain, setUp, withTemporaryFolder } from "./setup.mjs";

/** Runs the suite, with another Node or environment or into a report of one's own where given; gives the exit code. */
export function runSuite(args, { node = process.execPath, environment = process.env, report: wanted } = {}) {
  return withTemporaryFolder((folder) => {
    const report = wanted ?? join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const { status, signal } = spawnSync(node, [vitest, "run", ...reporters, ...args], {
      cwd: ROOT,
      stdio: ["ignore", "inherit", "inherit"],
      env: environment,
    });
    const code = status ?? (signal ? 1 : 0);
    process.stdout.write(`\n${summary(report, code)}\n`);
    return code;
  });
}

/** A file that could not even be loaded counts as one failure. */
function summary(report, code) {
  const result = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : { testResults: [] };
  const unloadable = result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = (result.numFailedTests ?? 0) + unloadable;
  return `${result.numPassedTests ?? 0} passed, ${code !== 0 && failed === 0 ? 1 : failed} failed`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async (args) => {
    await setUp();
    return runSuite(args);
  });
}
