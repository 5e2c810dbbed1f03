import type { Step, StepBase } from "./graph.ts";
import type { Call, StageState } from "./stage-state.ts";

/** What the next step of the stage has in common with every other, under `name`. */
export function stepBase(state: StageState, call: Call, name: string): Omit<StepBase, "history"> {
  return {
    id: `${call.stage.index}.${state.collected.content.steps.length}`,
    stage: call.stage.index,
    name,
    source: call.instruction.source,
    noCache: call.stage.noCache,
  };
}

/** The state with one more step and its history item. */
export function withStep(state: StageState, step: Step): StageState {
  const collected = state.collected.changed(({ steps, history }) => {
    steps.push(step);
    history.push({ ...step.history, stepId: step.id });
  });
  return { ...state, collected, position: state.position + 1 };
}
