#!/usr/bin/env node
// `npm run test:nodes [-- majors…]`: the suite on every supported major version of Node. The programs come as npm
// packages that hold nothing but Node for one platform, so that no install script has to run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ROOT, runMain, SetupError, setUp } from "./setup.mjs";
import { runSuite } from "./test.mjs";

const MAJORS = ["20", "22", "24", "26"];

/** Path of `node` of that major version, fetched on first use into node_modules/.cache. */
function nodeOf(major) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(ROOT, "node_modules/.cache/slipway-nodes", major);
  const program = join(folder, "node_modules", name, "bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const install = spawnSync("npm", ["install", ...options, "--prefix", folder, `${name}@${major}`], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (install.status !== 0 || !existsSync(program))
    throw new SetupError(`Node ${major} could not be fetched as ${name}`);
  return program;
}

await runMain(async (args) => {
  await setUp();
  const majors = args.filter((arg) => /^\d+$/.test(arg));
  const rest = args.filter((arg) => !/^\d+$/.test(arg));
  const failed = [];
  for (const major of majors.length > 0 ? majors : MAJORS) {
    const node = nodeOf(major);
    const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
    process.stdout.write(`\n=== Node ${version} ===\n`);
    const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`;
    if ((await runSuite(rest, { node, environment: { ...process.env, PATH: path } })) !== 0)
      failed.push(version);
  }
  process.stdout.write(failed.length > 0 ? `failed on ${failed.join(", ")}\n` : "passed on every version\n");
  return failed.length > 0 ? 1 : 0;
});
