#!/usr/bin/env node
// Writes docs/audit-policy.schema.json from src/audit/policy-schema.ts. A test compares the two.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "./setup.mjs";

const { outputFiles } = await build({
  entryPoints: [join(ROOT, "src/audit/policy-schema.ts")],
  bundle: true,
  write: false,
  format: "esm",
});
const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`;
const { POLICY_SCHEMA } = await import(module);
writeFileSync(join(ROOT, "docs/audit-policy.schema.json"), `${JSON.stringify(POLICY_SCHEMA, null, 2)}\n`);
