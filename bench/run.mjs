#!/usr/bin/env node
// `npm run bench -- [options]`: sets the machine up, builds the command where its sources are newer, and runs the benchmark.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, runMain, setUp } from "../scripts/setup.mjs";

const CACHE = join(ROOT, "node_modules/.cache");

/** Files of a bundle still find what lies beside their source. */
const SOURCE_URLS = {
  name: "source-urls",
  setup: (build) =>
    build.onLoad({ filter: /\/(bench|test)\/.*\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8").replaceAll(
        "import.meta.url",
        JSON.stringify(pathToFileURL(path).href),
      ),
    })),
};

async function bundle(folder) {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: "bench/main.ts", floor: "bench/floor/program.ts" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    plugins: [SOURCE_URLS],
    logLevel: "error",
  });
}

await runMain(async (args) => {
  await setUp((line) => process.stderr.write(`setup: ${line}\n`));
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "slipway-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await bundle(folder);
  const { main } = await import(pathToFileURL(join(folder, "main.mjs")).href);
  return main(args, { root: ROOT, floorProgram: join(folder, "floor.mjs") });
});
