import type { BuilderName, BuildRequest } from "../builders/builder.ts";
import type { Command } from "../measure/command.ts";
import type { Site } from "../site/site.ts";

/** How our time should compare with BuildKit's alone, and with `docker build`'s. */
export interface Goal {
  readonly buildkit: number;
  readonly docker?: number;
}

/** Something that builders do while the clock runs. */
export interface Task {
  readonly name: string;
  /** Rounds before those that count. */
  readonly warmUps: number;
  /** Stores are pruned between runs, because each fills them with something new and large. */
  readonly grows: boolean;
  /** Prepares it in an empty folder. */
  readonly start: (site: Site, folder: string) => Setting | Promise<Setting>;
}

/** A row of the table. */
export interface Workload extends Task {
  readonly title: string;
  readonly goal: Goal;
}

/** A task that has been prepared. */
export interface Setting {
  /** References that builders pull before they begin. */
  readonly images: readonly string[];
  readonly floors: readonly Floor[];
  /** Makes the context of a round; what changes is new to every builder. */
  readonly renew: (round: number) => void | Promise<void>;
  readonly request: (builder: BuilderName, round: number) => BuildRequest;
}

/** The least that the machine needs for a part of the work. */
export interface Floor {
  readonly label: string;
  readonly command: Command;
  /** What the command makes, removed before each run. */
  readonly makes?: string;
}

/** Name of what a builder makes in a row; docker, buildah and ours read it alike. */
export function tagOf(task: string, builder: BuilderName): string {
  return `localhost/slipway-bench-${builder}:${task}`;
}
