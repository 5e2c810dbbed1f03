import { SlipwayError } from "../core/errors.ts";
import type { BuildPlan, StagePlan } from "../plan/graph.ts";
import { type Chain, EMPTY_CHAIN } from "./chain.ts";
import type { StepRunner } from "./step-runner.ts";

/** The chain that a stage begins with, when that is not another stage. */
export type BaseChains = (stage: StagePlan) => Promise<Chain>;

/**
 * Solves stages from the target backwards: every needed stage starts at once, each waits only for the stages that its
 * own steps read, so that independent stages run side by side (DESIGN decision 6; SPEC SG-07).
 */
export class StageScheduler {
  readonly #plan: BuildPlan;
  readonly #base: BaseChains;
  readonly #chains = new Map<number, Promise<Chain>>();
  #runner: StepRunner | undefined;

  constructor(plan: BuildPlan, base: BaseChains) {
    this.#plan = plan;
    this.#base = base;
  }

  /** Runs all needed stages; the first failure aborts the others through `abort` and is the one thrown. */
  async run(runner: StepRunner, abort: (reason: unknown) => void): Promise<Chain> {
    this.#runner = runner;
    let failure: { error: unknown } | undefined;
    const all = this.#plan.stages.map((stage) =>
      this.chainOf(stage.index).catch((error: unknown) => {
        if (!failure) {
          failure = { error };
          abort(error);
        }
      }),
    );
    await Promise.all(all);
    if (failure) throw failure.error;
    return this.chainOf(this.#plan.target);
  }

  /** The finished chain of a stage; solving it starts with the first caller. */
  chainOf(index: number): Promise<Chain> {
    const known = this.#chains.get(index);
    if (known) return known;
    const solved = this.#solve(index);
    this.#chains.set(index, solved);
    return solved;
  }

  async #solve(index: number): Promise<Chain> {
    const stage = this.#plan.stages.find((candidate) => candidate.index === index);
    if (!stage || !this.#runner)
      throw new SlipwayError("INTERNAL", `stage ${index} is needed but was not planned`);
    let chain = await this.#start(stage);
    for (const step of stage.steps) chain = await this.#runner.run(step, chain);
    return chain;
  }

  async #start(stage: StagePlan): Promise<Chain> {
    switch (stage.base.kind) {
      case "scratch":
        return EMPTY_CHAIN;
      case "stage":
        return this.chainOf(stage.base.stage);
      case "image":
      case "named-context":
        return this.#base(stage);
      default:
        return stage.base satisfies never;
    }
  }
}
