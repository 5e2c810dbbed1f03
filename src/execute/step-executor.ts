import type { StepInputs } from "../cache/inputs.ts";
import type { Digest } from "../core/digest.ts";
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
  /** Lets go of what was made ahead; called in the end, whether the step was executed or not. */
  discard?(): Promise<void>;
}

/** What an executor may ask while it prepares a step. */
export interface Foresight {
  /**
   * Whether the step will most likely have to run, as far as it shows without the content of its inputs: then its work may be done
   * before the key is known. Throws what forbids executing anything, and waits for a build that is doing the same.
   */
  willRun(inputs: Omit<StepInputs, "files">): Promise<boolean>;
  /** Whether the store has what a step with these inputs made. */
  isStored(inputs: StepInputs): boolean;
  /** The layer that the last run of the step made, where the store still has it. */
  lastLayer(): Digest | undefined;
  readonly signal: AbortSignal;
}

/**
 * Runs steps of one kind. A step comes resolved, with its parent chain and content digests of its inputs; a layer goes back.
 * Nothing in it refers to this machine, so that an executor may as well send the step elsewhere (DESIGN decision 14).
 * Errors: whatever the step's instruction can fail with; the caller attaches the source range.
 */
export interface StepExecutor<S extends Step = Step> {
  /**
   * Everything that the key depends on beside the build context, where it depends on nothing else that is read: the same answer on
   * the same context means the same key.
   */
  question?(step: S, parent: Chain): string | undefined;
  prepare(step: S, parent: Chain, foresight: Foresight): Promise<PreparedStep>;
}

/** One executor per kind of step. */
export type StepExecutors = { readonly [S in Step as S["kind"]]: StepExecutor<S> };
