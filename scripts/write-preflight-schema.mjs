#!/usr/bin/env node
// Writes docs/preflight.schema.json from src/preflight/contract-schema.ts. A test compares the two.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "./setup.mjs";

const { outputFiles } = await build({
  entryPoints: [join(ROOT, "src/preflight/contract-schema.ts")],
  bundle: true,
  write: false,
  format: "esm",
});
const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`;
const { CONTRACT_SCHEMA } = await import(module);
writeFileSync(join(ROOT, "docs/preflight.schema.json"), `${JSON.stringify(CONTRACT_SCHEMA, null, 2)}\n`);
