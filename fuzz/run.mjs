#!/usr/bin/env node
// `npm run fuzz -- --seconds N [--target NAME] [--seed S]`: bundles the fuzzer with the sources, and runs it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, "node_modules/.cache");
/** CommonJS packages in an ESM bundle expect this name. */
const COMMONJS_NAMES =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

mkdirSync(CACHE, { recursive: true });
// Within node_modules, so that native packages are found; one for each run, so that several can go on at once.
const folder = mkdtempSync(join(CACHE, "slipway-fuzz-"));
try {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: "fuzz/main.ts", thread: "fuzz/engine/thread.ts" },
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "linked",
    external: ["koffi", "lmdb"],
    banner: { js: COMMONJS_NAMES },
    logLevel: "warning",
  });
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(join(folder, "main.js")).href);
  process.exitCode = await main(process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
