import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Builder, BuilderName } from "../builders/builder.ts";
import { megabytes, seconds } from "../report/figures.ts";
import type { Site } from "../site/site.ts";
import { removeTree } from "../site/workspace.ts";
import type { Floor, Setting, Task } from "../workloads/workload.ts";
import { type Command, settle, timed } from "./command.ts";
import { peakMemory } from "./memory.ts";
import type { Measured, TaskResult } from "./result.ts";
import { summarise } from "./statistics.ts";

export interface Rounds {
  readonly runs: number;
  /** Hears what is going on. */
  readonly tell: (line: string) => void;
}

/**
 * Measures a task in rounds: in each, every builder does the same once, in turn, then every floor. Rounds that warm up come first, and
 * a last one measures memory. A builder that fails is left out from then on, with the reason.
 */
export async function measureTask(
  task: Task,
  builders: readonly Builder[],
  site: Site,
  rounds: Rounds,
): Promise<TaskResult> {
  const folder = join(site.folder, "task");
  mkdirSync(folder);
  const contest = new Contest(task, builders);
  try {
    const setting = await task.start(site, folder);
    await contest.each((builder) => builder.enter(setting.images));
    const last = task.warmUps + rounds.runs;
    for (let round = 0; round <= last; round++) {
      const kind = round < task.warmUps ? "warm-up" : round < last ? "time" : "memory";
      await setting.renew(round);
      const shown = await contest.round(setting, round, kind);
      rounds.tell(`${task.name}: ${round + 1}/${last + 1} (${kind})  ${shown}`);
      await contest.floors(setting.floors, kind);
    }
    return contest.result(setting.floors);
  } finally {
    await contest.leave();
    removeTree(folder);
  }
}

type Kind = "warm-up" | "time" | "memory";

/** Those that take part in one task, and what they have shown. */
class Contest {
  readonly #task: Task;
  readonly #builders: readonly Builder[];
  readonly #times = new Map<string, number[]>();
  readonly #memory = new Map<BuilderName, number>();
  readonly #failures: Partial<Record<BuilderName, string>> = {};
  readonly #tags = new Map<BuilderName, Set<string>>();

  constructor(task: Task, builders: readonly Builder[]) {
    this.#task = task;
    this.#builders = builders;
  }

  /** Does something with all that have not failed; those that fail now are out. */
  async each(work: (builder: Builder) => Promise<void>): Promise<void> {
    for (const builder of this.#builders) {
      if (this.#failures[builder.name]) continue;
      try {
        await work(builder);
      } catch (error) {
        this.#failures[builder.name] = (error as Error).message;
      }
    }
  }

  /** One run of everybody; gives what each needed, for people. */
  async round(setting: Setting, round: number, kind: Kind): Promise<string> {
    const shown: string[] = [];
    await this.each(async (builder) => {
      const request = setting.request(builder.name, round);
      const tags = this.#tagsOf(builder).add(request.tag);
      if (request.archive) rmSync(request.archive, { force: true });
      await settle();
      const command = builder.build(request);
      shown.push(`${builder.name} ${await this.#run(builder, command, kind)}`);
      if (this.#task.grows) await builder.prune([...tags]);
    });
    return shown.join(", ");
  }

  async #run(builder: Builder, command: Command, kind: Kind): Promise<string> {
    if (kind === "memory") {
      const memory = await peakMemory(command, builder.daemons);
      this.#memory.set(builder.name, memory);
      return `${megabytes(memory)} MB`;
    }
    const needed = (await timed(command)) - builder.overhead;
    this.#note(builder.name, kind, needed);
    return `${seconds(needed)} s`;
  }

  async floors(floors: readonly Floor[], kind: Kind): Promise<void> {
    if (kind === "memory") return;
    for (const { label, command, makes } of floors) {
      if (makes) removeTree(makes);
      await settle();
      this.#note(label, kind, await timed(command));
    }
  }

  #note(name: string, kind: Kind, seconds: number): void {
    if (kind === "time") this.#times.set(name, [...(this.#times.get(name) ?? []), seconds]);
  }

  #tagsOf({ name }: Builder): Set<string> {
    const known = this.#tags.get(name) ?? new Set();
    this.#tags.set(name, known);
    return known;
  }

  async leave(): Promise<void> {
    for (const builder of this.#builders) await builder.leave([...this.#tagsOf(builder)]);
  }

  result(floors: readonly Floor[]): TaskResult {
    const measured = this.#builders
      .filter(({ name }) => !this.#failures[name])
      .map(({ name }): [BuilderName, Measured] => [
        name,
        { seconds: summarise(this.#times.get(name)!), memory: this.#memory.get(name)! },
      ]);
    return {
      builders: Object.fromEntries(measured),
      floors: floors.map(({ label }) => ({ label, seconds: summarise(this.#times.get(label)!) })),
      failures: this.#failures,
    };
  }
}
