#!/usr/bin/env node
// `npm run spec [-- --report FILE]`: which rules of the specification of Dockerfile builders have a passing test, and
// which have none and why. Runs the suite, unless a report of vitest's JSON reporter is given.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runMain, SetupError, setUp, withTemporaryFolder } from "./setup.mjs";
import { coverage } from "./spec/coverage.mjs";
import { tableOf } from "./spec/table.mjs";
import { runSuite } from "./test.mjs";

await runMain(async (args) => {
  const report = await takeReport(args);
  const result = coverage(readData("rules.json"), readData("reasons.json"), report);
  process.stdout.write(`\n${tableOf(result)}`);
  return result.problems.length > 0 ? 1 : 0;
});

async function takeReport(args) {
  if (args.length === 0) return runAndRead();
  const [flag, value] = args[0].startsWith("--report=") ? ["--report", args[0].slice(9)] : args;
  if (flag !== "--report" || !value) throw new SetupError("usage: npm run spec [-- --report FILE]");
  return readReport(value);
}

/** A failing suite still has a report; which rules fail is in the table. */
async function runAndRead() {
  await setUp();
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, "report.json");
    await runSuite([], { report: file });
    return readReport(file);
  });
}

function readReport(file) {
  if (!existsSync(file)) throw new SetupError(`${file}: there is no such report`);
  const report = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(report.testResults))
    throw new SetupError(`${file} is no report of vitest's JSON reporter`);
  return report;
}

function readData(name) {
  return JSON.parse(readFileSync(join(ROOT, "scripts/spec", name), "utf8"));
}
