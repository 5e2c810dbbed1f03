import type { BuilderName } from "../builders/builder.ts";
import type { Summary } from "./statistics.ts";

/** What one builder needed for a task. */
export interface Measured {
  readonly seconds: Summary;
  /** The most that its processes held at one time, in bytes, in a run of its own. */
  readonly memory: number;
}

export interface TaskResult {
  readonly builders: Readonly<Partial<Record<BuilderName, Measured>>>;
  readonly floors: readonly { readonly label: string; readonly seconds: Summary }[];
  /** Why a builder has no result. */
  readonly failures: Readonly<Partial<Record<BuilderName, string>>>;
}
