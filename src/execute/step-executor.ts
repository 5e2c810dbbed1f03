import type { StepInputs } from "../cache/inputs.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { Step } from "../plan/graph.ts";
import type { Chain } from "./chain.ts";

/** What a step tells while it works. */
export interface StepReporter {
  log(stream: "stdout" | "stderr", data: Uint8Array): void;
  progress(item: string, current: number, total?: number): void;
  warn(message: string): void;
}

/** A step whose inputs are known. `execute` makes the layer, stores it, and can be called at most once. */
export interface PreparedStep {
  readonly inputs: StepInputs;
  execute(reporter: StepReporter, signal: AbortSignal): Promise<LayerInfo>;
}

/**
 * Runs steps of one kind. A step comes resolved, with its parent chain and content digests of its inputs; a layer goes back.
 * Nothing in it refers to this machine, so that an executor may as well send the step elsewhere (DESIGN decision 14).
 * Errors: whatever the step's instruction can fail with; the caller attaches the source range.
 */
export interface StepExecutor<S extends Step = Step> {
  prepare(step: S, parent: Chain): Promise<PreparedStep>;
}

/** One executor per kind of step. */
export type StepExecutors = { readonly [S in Step as S["kind"]]: StepExecutor<S> };
