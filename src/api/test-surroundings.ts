import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import type { RunSurroundings } from "../gate/run-defaults.ts";
import type { Environment } from "./environment.ts";

/** What `containerRunOptions` may take from outside. */
export function testSurroundings({ variables, cwd }: Environment): RunSurroundings {
  return { variables, readVariables: (path) => variableLines(resolve(cwd, path)) };
}

/** Lines `K=V` and `K` as in a file for `run --env-file` (SPEC DR-07). */
function variableLines(path: string): readonly string[] {
  try {
    const lines = readFileSync(path, "utf8")
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/);
    return lines.map((line) => line.trimStart()).filter((line) => line !== "" && !line.startsWith("#"));
  } catch (cause) {
    throw new SlipwayError("TEST_INVALID", `cannot read the variables in ${path}`, { cause });
  }
}
