import type { TaskResult } from "../measure/result.ts";
import type { CurveVerdict, MeasuredPoint } from "../scaling/judge.ts";
import type { Goal } from "../workloads/workload.ts";

/** A row of the table. */
export interface RowReport {
  readonly name: string;
  readonly title: string;
  readonly goal: Goal;
  readonly result: TaskResult;
}

export interface CurveReport {
  readonly name: string;
  readonly title: string;
  readonly points: readonly MeasuredPoint[];
  readonly verdict: CurveVerdict;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: number;
  readonly kernel: string;
  /** Type of the filesystem that everything lies on. */
  readonly filesystem: string;
  readonly node: string;
  /** Mean number of programs that wanted a processor in the minute before. */
  readonly loadBefore: number;
}

/** All that a run of the benchmark found; also the form of its JSON file. */
export interface Report {
  readonly version: 1;
  readonly date: string;
  readonly machine: Machine;
  readonly runs: number;
  readonly builders: readonly {
    readonly name: string;
    readonly version: string;
    readonly overhead: number;
  }[];
  readonly notes: readonly string[];
  readonly rows: readonly RowReport[];
  readonly curves: readonly CurveReport[];
}
