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
    Dockerfile: generateDockerfile(random, tree),
    "prepare.sh": `${tree.commands.join("\n")}\n`,
    "case.json": `${JSON.stringify({ args: generateArguments(random), expect: "same" })}\n`,
    ...(ignore === undefined ? {} : { ".dockerignore": ignore }),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { name: `random/seed-${seed}`, folder, spec: readSpec(folder) };
}

/** Build arguments that the Dockerfile may declare, and a target that is always there. */
function generateArguments(random: Random): readonly string[] {
  return [
    ...(random.oneIn(4) ? ["--build-arg", "A=given"] : []),
    ...(random.oneIn(8) ? ["--build-arg", "B=other words"] : []),
    ...(random.oneIn(6) ? ["--target", "S0"] : []),
    ...(random.oneIn(8) ? ["--label", "added=label"] : []),
    ...(random.oneIn(8) ? ["--build-arg", "SOURCE_DATE_EPOCH=1500000000"] : []),
  ];
}
