#!/usr/bin/env node
// Writes the table in docs/errors.md from src/core/error-codes.ts. A test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

const PAGE = join(ROOT, "docs/errors.md");
const source = readFileSync(join(ROOT, "src/core/error-codes.ts"), "utf8");
const rows = [...source.matchAll(/^ {2}([A-Z_]+):\s*("(?:[^"\\]|\\.)*"),/gm)].map(
  ([, code, meaning]) => `| \`${code}\` | ${JSON.parse(meaning).replaceAll("|", "\\|")} |`,
);
const table = ["| code | meaning |", "|---|---|", ...rows].join("\n");
const page = readFileSync(PAGE, "utf8");
writeFileSync(PAGE, page.replace(/^\| code \| meaning \|\n(?:\|.*\n)*/m, `${table}\n`));
