import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Contestants, contestants } from "./builders/detect.ts";
import { measureTask, type Rounds } from "./measure/rounds.ts";
import { choose, type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { machineFacts } from "./report/machine.ts";
import type { CurveReport, Report, RowReport } from "./report/report.ts";
import { readReport, renderReport, saveReport, writeDocs } from "./report/write.ts";
import { CURVES, type Curve } from "./scaling/curves.ts";
import { measureCurve } from "./scaling/measure-curve.ts";
import { debianBase, markedLayer } from "./site/base.ts";
import { BenchRegistry } from "./site/registry.ts";
import type { Site } from "./site/site.ts";
import { inWorkspace } from "./site/workspace.ts";
import { WORKLOADS } from "./workloads/index.ts";
import type { Workload } from "./workloads/workload.ts";

/** All was measured; ours failed somewhere; a wrong call. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export interface Surroundings {
  /** The checkout. */
  readonly root: string;
  readonly floorProgram: string;
}

/** Runs the benchmark; gives the exit code. A goal that is missed is a result, not a failure. */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  let chosen: Chosen;
  try {
    chosen = select(parseOptions(args, process.env));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`bench: ${error.message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  if (chosen.options.list) return list(chosen);
  if (chosen.options.from) return show(readReport(chosen.options.from), chosen, around);
  const report = await inWorkspace((folder) => measureAll(chosen, { ...around, folder }));
  const files = saveReport(report, chosen.options.results ?? join(around.root, "bench/results"));
  tell(`written: ${files.join(", ")}`);
  return show(report, chosen, around);
}

function show(report: Report, { options }: Chosen, { root }: Surroundings): number {
  if (options.writeDocs) writeDocs(report, join(root, "docs"));
  process.stdout.write(renderReport(report));
  return report.rows.some(({ result }) => result.failures.slipway) ? EXIT.failed : EXIT.done;
}

interface Chosen {
  readonly options: Options;
  readonly workloads: readonly Workload[];
  readonly curves: readonly Curve[];
}

function select(options: Options): Chosen {
  const rows = options.parts === "scaling" ? [] : WORKLOADS;
  const lines = options.parts === "table" ? [] : CURVES;
  const names = choose(
    [...rows, ...lines].map(({ name }) => name),
    options.only,
  );
  const isChosen = ({ name }: { name: string }) => names.includes(name);
  return { options, workloads: rows.filter(isChosen), curves: lines.filter(isChosen) };
}

function list({ workloads, curves }: Chosen): number {
  for (const { name, title } of [...workloads, ...curves])
    process.stdout.write(`${name.padEnd(20)} ${title}\n`);
  return EXIT.done;
}

async function measureAll(chosen: Chosen, around: Surroundings & { folder: string }): Promise<Report> {
  const machine = await machineFacts();
  const registry = await BenchRegistry.start(join(around.folder, "registry"));
  try {
    tell("getting the Debian base ready");
    const base = await debianBase();
    const baseImage = await registry.publish("bench/base:1", markedLayer(base, "base\n"));
    const site: Site = { ...around, registry, base, baseImage };
    const found = await contestants(site, chosen.options, versionOf(around.root));
    try {
      return { ...described(chosen, found), machine, ...(await measureChosen(chosen, found, site)) };
    } finally {
      for (const builder of found.builders) await builder.close();
    }
  } finally {
    registry.close();
  }
}

function described({ options }: Chosen, { builders, notes }: Contestants) {
  return {
    version: 1,
    date: `${new Date().toISOString().slice(0, 19)}Z`,
    runs: options.runs,
    builders: builders.map(({ name, version, overhead }) => ({ name, version, overhead })),
    notes,
  } as const;
}

async function measureChosen(
  { options, workloads, curves }: Chosen,
  { builders }: Contestants,
  site: Site,
): Promise<{ rows: readonly RowReport[]; curves: readonly CurveReport[] }> {
  const rounds: Rounds = { runs: options.runs, tell };
  const rows: RowReport[] = [];
  for (const workload of workloads) {
    const { name, title, goal } = workload;
    rows.push({ name, title, goal, result: await measureTask(workload, builders, site, rounds) });
  }
  const measured: CurveReport[] = [];
  for (const curve of curves) measured.push(await measureCurve(curve, builders[0]!, site, rounds));
  return { rows, curves: measured };
}

function versionOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return `slipway ${version}`;
}

function tell(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
