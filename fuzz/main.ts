import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCampaign } from "./engine/campaign.ts";
import { describeFinding, writeFinding } from "./engine/findings.ts";
import type { Target } from "./engine/target.ts";
import { judge } from "./engine/verdict.ts";
import { TARGETS, targetNamed } from "./targets/index.ts";

const USAGE = `npm run fuzz -- [--seconds N] [--target NAME] … [--seed S] [--findings FOLDER]
npm run fuzz -- --target NAME --replay FILE
npm run fuzz -- --list`;

/** The command; gives the exit code: 1 where anything was found. */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: "string", default: "10" },
      target: { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      findings: { type: "string", default: join(tmpdir(), "slipway-fuzz") },
      replay: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  if (values.list) return say(TARGETS.map(({ name, about }) => `${name.padEnd(14)} ${about}`).join("\n"), 0);
  const targets = values.target.length > 0 ? values.target.map(targetNamed) : TARGETS;
  if (values.replay !== undefined) return replay(targets[0]!, values.replay);
  return fuzz(targets, {
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    folder: values.findings,
  });
}

interface Request {
  readonly seconds: number;
  readonly seed: number;
  readonly folder: string;
}

async function fuzz(targets: readonly Target[], { seconds, seed, folder }: Request): Promise<number> {
  let [executions, findings] = [0, 0];
  say(`seed ${seed}, ${seconds} s for each of ${targets.length} targets`, 0);
  for (const target of targets) {
    const result = await runCampaign({
      target,
      seconds,
      seed,
      onFinding: (finding) =>
        say(`\n${describeFinding(finding)}\n  kept as ${writeFinding(folder, finding)}\n`, 0),
    });
    executions += result.executions;
    findings += result.findings;
    const reached = `${result.corpus} inputs kept, ${result.parts} parts of the code reached`;
    say(
      `${target.name.padEnd(14)} ${result.executions} executions, ${result.findings} findings (${reached})`,
      0,
    );
  }
  return say(`${executions} executions, ${findings} findings`, findings > 0 ? 1 : 0);
}

async function replay(target: Target, file: string): Promise<number> {
  const before = process.cpuUsage();
  try {
    await target.run(readFileSync(file));
    say("it ran to its end", 0);
  } catch (error) {
    const found = judge(error);
    say(found ? `${found.kind}\n${found.detail}` : `answered with ${String(error)}`, 0);
    if (found) return 1;
  } finally {
    const { user, system } = process.cpuUsage(before);
    say(`${Math.round((user + system) / 1000)} ms`, 0);
  }
  return 0;
}

function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`);
  return code;
}
