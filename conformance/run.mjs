#!/usr/bin/env node
// `npm run conformance`: builds the command and the suite where their sources are newer, then runs the suite.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildIfStale } from "../scripts/build.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUNDLE = join(HERE, "../node_modules/.cache/slipway-conformance", `main-${process.pid}.mjs`);

const { build } = await import("esbuild");
const { rmSync } = await import("node:fs");
mkdirSync(dirname(BUNDLE), { recursive: true });
process.once("exit", () => rmSync(BUNDLE, { force: true }));
await buildIfStale();
await build({
  entryPoints: [join(HERE, "src/main.ts")],
  outfile: BUNDLE,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "error",
});
const { main } = await import(pathToFileURL(BUNDLE).href);
process.exitCode = await main(process.argv.slice(2), HERE);
