import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Case, readSpec } from "../case.ts";
import { generateDockerfile } from "./dockerfile.ts";
import { generateIgnoreFile } from "./ignore-file.ts";
import { Random } from "./random.ts";
import { generateTree } from "./tree.ts";

/** Writes the case of a seed below `parent`. The same seed always gives the same case. */
export function generateCase(seed: number, parent: string): Case {
  const random = new Random(seed);
  const folder = join(parent, `seed-${seed}`);
  const tree = generateTree(random);
  const ignore = generateIgnoreFile(random, tree.paths);
  const files: Record<string, string> = {
    ...tree.files,
    Dockerfile: generateDockerfile(random, tree.paths),
    "prepare.sh": `${tree.commands.join("\n")}\n`,
    "case.json": `${JSON.stringify({ expect: "same" })}\n`,
    ...(ignore === undefined ? {} : { ".dockerignore": ignore }),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { name: `random/seed-${seed}`, folder, spec: readSpec(folder) };
}
