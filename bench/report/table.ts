import { MEMORY_LIMIT } from "../scaling/judge.ts";
import { figures, goalOf, megabytes, ROOTLESS_GOAL, seconds, secondsOf, times } from "./figures.ts";
import type { CurveReport, Report, RowReport } from "./report.ts";

export type Cells = readonly string[];

const HEAD: Cells = [
  "workload",
  "ours",
  "rootless",
  "docker",
  "buildah",
  "floor",
  "x docker",
  "goal",
  "met",
  "x buildah",
  "rootless x root",
  "memory in MB: ours / docker / buildah",
];

const CURVE_HEAD: Cells = ["curve", "points: seconds, MB", "exponent", "of the last two", "verdict"];

/** The table, head first; times are medians in seconds. */
export function rowTable(rows: readonly RowReport[]): readonly Cells[] {
  return [HEAD, ...rows.map(rowCells)];
}

function rowCells(row: RowReport): Cells {
  const { toDocker, toBuildah, toRoot, met } = figures(row);
  return [
    row.title,
    seconds(secondsOf(row, "slipway")),
    seconds(secondsOf(row, "rootless")),
    seconds(secondsOf(row, "docker")),
    seconds(secondsOf(row, "buildah")),
    floorCell(row),
    times(toDocker),
    `${goalOf(row)}${row.goal.docker === undefined ? " of BuildKit" : ""}`,
    yesOrNo(met),
    times(toBuildah),
    toRoot === undefined ? "-" : `${times(toRoot)}${toRoot > ROOTLESS_GOAL ? " (too slow)" : ""}`,
    memoryCell(row),
  ];
}

function floorCell({ result }: RowReport): string {
  const all = result.floors.map(({ label, seconds: { median } }) => `${label} ${seconds(median)}`);
  return all.join("; ") || "-";
}

function memoryCell({ result }: RowReport): string {
  const names = ["slipway", "docker", "buildah"] as const;
  return names.map((name) => megabytes(result.builders[name]?.memory)).join(" / ");
}

function yesOrNo(met: boolean | undefined): string {
  return met === undefined ? "-" : met ? "yes" : "no";
}

/** The curves, head first. */
export function curveTable(curves: readonly CurveReport[]): readonly Cells[] {
  return [CURVE_HEAD, ...curves.map(curveCells)];
}

function curveCells({ title, points, verdict }: CurveReport): Cells {
  const time = verdict.growsFaster ? "time grows faster than the work" : "time grows no faster than the work";
  const limit = megabytes(MEMORY_LIMIT);
  const memory = verdict.memoryHolds ? `memory below ${limit} MB` : `memory above ${limit} MB`;
  return [
    title,
    points.map(({ label, time, memory }) => `${label}: ${seconds(time)}, ${megabytes(memory)}`).join("; "),
    verdict.exponent?.toFixed(2) ?? "-",
    verdict.lastExponent?.toFixed(2) ?? "-",
    `${time}, ${memory}`,
  ];
}

/** For a terminal: columns as wide as their widest cell. */
export function plainTable(rows: readonly Cells[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

export function markdownTable(rows: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const [head, ...body] = rows;
  return `${line(head!)}|${"---|".repeat(head!.length)}\n${body.map(line).join("")}`;
}

/** What was measured with, and on, a line each. */
export function circumstances({ machine, runs, builders, notes, date }: Report): readonly string[] {
  const memory = `${Math.round(machine.memory / 2 ** 30)} GiB`;
  return [
    `${date}; ${machine.cores} cores (${machine.cpu}), ${memory}, Linux ${machine.kernel}, ${machine.filesystem}, Node ${machine.node}, load before ${machine.loadBefore.toFixed(1)}`,
    `${runs === 1 ? "one run of each" : `medians of ${runs} runs`} in alternation, in seconds`,
    ...builders.map(
      ({ name, version, overhead }) =>
        `${name}: ${version}${overhead > 0 ? `; ${(overhead * 1000).toFixed(1)} ms of what starts it are subtracted from each time` : ""}`,
    ),
    ...notes,
  ];
}

/** Why some cells are empty. */
export function failures(rows: readonly RowReport[]): readonly string[] {
  return rows.flatMap(({ name, result }) =>
    Object.entries(result.failures).map(([builder, reason]) => `${name}: ${builder} failed: ${reason}`),
  );
}
