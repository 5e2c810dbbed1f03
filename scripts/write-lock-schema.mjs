#!/usr/bin/env node
// Writes docs/lock.schema.json from src/lock/lock-schema.ts. A test compares the two.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "./setup.mjs";

const { outputFiles } = await build({
  entryPoints: [join(ROOT, "src/lock/lock-schema.ts")],
  bundle: true,
  write: false,
  format: "esm",
});
const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`;
const { LOCK_SCHEMA } = await import(module);
writeFileSync(join(ROOT, "docs/lock.schema.json"), `${JSON.stringify(LOCK_SCHEMA, null, 2)}\n`);
