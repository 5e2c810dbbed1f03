import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Symptom } from "./verdict.ts";

/** A symptom with the input that shows it. */
export interface Finding extends Symptom {
  readonly target: string;
  readonly seed: number;
  readonly input: Uint8Array;
}

/** Writes the input and what it shows into `folder`, and gives the path of the input. */
export function writeFinding(folder: string, finding: Finding): string {
  mkdirSync(folder, { recursive: true });
  const id = createHash("sha256").update(`${finding.target} ${finding.key}`).digest("hex").slice(0, 8);
  const path = join(folder, `${finding.target}-${finding.kind.replaceAll(" ", "-")}-${id}`);
  writeFileSync(path, finding.input);
  writeFileSync(`${path}.txt`, `${describeFinding(finding)}\n`);
  return path;
}

/** For people: what happened, and how to see it again. */
export function describeFinding(finding: Finding): string {
  const shown = Buffer.from(finding.input.subarray(0, 300)).toString("latin1");
  const more = finding.input.length > 300 ? ` and ${finding.input.length - 300} bytes more` : "";
  return [
    `${finding.kind} in target ${finding.target}, seed ${finding.seed}`,
    ...finding.detail.split("\n").map((line) => `  ${line}`),
    `  input: ${JSON.stringify(shown)}${more}`,
  ].join("\n");
}
