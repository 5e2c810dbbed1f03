import type { BuilderName } from "../builders/builder.ts";
import { ratio } from "../measure/statistics.ts";
import type { RowReport } from "./report.ts";

/** Rootless may take this much longer than root. */
export const ROOTLESS_GOAL = 1.3;

/** What a row says at a glance. */
export interface Figures {
  /** Our time by theirs. */
  readonly toDocker: number | undefined;
  readonly toBuildah: number | undefined;
  readonly toRoot: number | undefined;
  /** Undefined where there is nothing to compare with. */
  readonly met: boolean | undefined;
}

/** Ratios of medians. A row that has no goal against docker is held against docker with its goal against BuildKit; docker is the slower of the two. */
export function figures(row: RowReport): Figures {
  const ours = secondsOf(row, "slipway");
  const toDocker = ratio(ours, secondsOf(row, "docker"));
  return {
    toDocker,
    toBuildah: ratio(ours, secondsOf(row, "buildah")),
    toRoot: ratio(secondsOf(row, "rootless"), ours),
    met: toDocker === undefined ? undefined : toDocker <= goalOf(row),
  };
}

export function goalOf({ goal }: RowReport): number {
  return goal.docker ?? goal.buildkit;
}

export function secondsOf(row: RowReport, name: BuilderName): number | undefined {
  return row.result.builders[name]?.seconds.median;
}

/** Two significant digits of seconds: 0.058, 1.6, 17. */
export function seconds(value: number | undefined): string {
  return value === undefined ? "-" : significant(value, 2);
}

export function times(value: number | undefined): string {
  return value === undefined ? "-" : significant(value, 2);
}

/** Megabytes, whole. */
export function megabytes(value: number | undefined): string {
  return value === undefined ? "-" : `${Math.round(value / 1e6)}`;
}

function significant(value: number, digits: number): string {
  if (value <= 0) return "0";
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(value)));
  return value.toFixed(Math.min(decimals, 4));
}
