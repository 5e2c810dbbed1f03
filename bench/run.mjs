#!/usr/bin/env node
// `npm run bench [-- name…]`: times the built command on cases of its own, and writes a table of medians.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, runMain, setUp } from "../scripts/setup.mjs";

const CLI = join(ROOT, "dist/cli.js");
const ROUNDS = 5;
const FILES = 10_000;

/** Each case prepares a context once, and then builds it; `fresh` begins every round with an empty store. */
const CASES = {
  start: { args: () => ["--version"] },
  "copy 10,000 files": { prepare: manyFiles, args: (context) => ["build", context], fresh: true },
  "nothing to do": { prepare: manyFiles, args: (context) => ["build", context] },
};

function manyFiles(context) {
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY files /files\n");
  for (let index = 0; index < FILES; index++) {
    const folder = join(context, "files", String(index % 100));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${index}.txt`), `file ${index}\n`.repeat(20));
  }
}

function measure(name, { prepare, args, fresh }) {
  const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  const context = join(folder, "context");
  const home = join(folder, "home");
  try {
    mkdirSync(context);
    prepare?.(context);
    if (!fresh) runOnce(args(context), home);
    const times = Array.from({ length: ROUNDS }, () => {
      if (fresh) rmSync(home, { recursive: true, force: true });
      return runOnce(args(context), home);
    }).sort((a, b) => a - b);
    return { case: name, median: `${times[ROUNDS >> 1].toFixed(0)} ms`, best: `${times[0].toFixed(0)} ms` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runOnce(args, home) {
  const started = performance.now();
  const result = spawnSync(process.execPath, [CLI, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    env: { ...process.env, SLIPWAY_HOME: home },
  });
  if (result.status !== 0) throw new Error(`slipway ${args.join(" ")} failed:\n${result.stderr}`);
  return performance.now() - started;
}

await runMain(async (names) => {
  await setUp();
  const chosen = Object.entries(CASES).filter(([name]) => names.length === 0 || names.includes(name));
  for (const [name, each] of chosen) {
    const { case: label, median, best } = measure(name, each);
    process.stdout.write(`${label.padEnd(24)} median ${median.padStart(9)}   best ${best.padStart(9)}\n`);
  }
  return 0;
});
