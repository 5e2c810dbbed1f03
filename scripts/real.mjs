#!/usr/bin/env node
// `npm run real [-- --only NAME,…] [--list] [--home FOLDER] [--compare]`: builds the Dockerfiles of conformance/real/ and runs what comes out. The
// store is a new folder that is removed at the end, unless --home names one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildKit } from "./real/buildkit.mjs";
import { readCases } from "./real/case-file.mjs";
import { makeBases } from "./real/make-bases.mjs";
import { runCase } from "./real/run-case.mjs";
import { printResult, printSummary, printTitle } from "./real/table.mjs";
import { runMain, SetupError, setUp } from "./setup.mjs";

const OPTIONS = {
  only: { type: "string", multiple: true, default: [] },
  list: { type: "boolean", default: false },
  home: { type: "string" },
  compare: { type: "boolean", default: false },
};

function readArguments(args) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    return { ...values, cases: readCases(values.only.flatMap((names) => names.split(","))) };
  } catch (error) {
    throw new SetupError(error.message);
  }
}

async function buildAndRun(cases, { home, folder, buildkit }) {
  process.stdout.write("bases\n");
  const onMade = (name, seconds) =>
    process.stdout.write(`  ${name.padEnd(28)} ${seconds.toFixed(1).padStart(6)} s\n`);
  await makeBases(cases, { home, folder, onMade });
  printTitle();
  const results = [];
  for (const subject of cases) {
    const outcome = await runCase(subject, home, buildkit).catch((error) => ({ error }));
    printResult(subject, outcome);
    results.push({ subject, ...outcome });
  }
  return printSummary(results);
}

await runMain(async (args) => {
  const { cases, list, home, compare } = readArguments(args);
  if (list) {
    for (const { name, about } of cases) process.stdout.write(`${name.padEnd(18)} ${about}\n`);
    return 0;
  }
  await setUp();
  const folder = mkdtempSync(join(tmpdir(), "slipway-real-"));
  let buildkit;
  try {
    buildkit = compare ? await BuildKit.start(folder) : undefined;
    return await buildAndRun(cases, { home: home ?? join(folder, "home"), folder, buildkit });
  } finally {
    buildkit?.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
