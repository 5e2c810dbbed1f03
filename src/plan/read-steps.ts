import type { StepId } from "../core/events.ts";
import type { BuildPlan, InputSource, StagePlan, Step } from "./graph.ts";

/**
 * The steps whose files other steps, or an output of the result's files, will read: those below a RUN, and those of stages that
 * a COPY, an ADD or a mount reads from.
 */
export function readSteps({ stages, target }: BuildPlan, readsResult: boolean): ReadonlySet<StepId> {
  const read = new Set<StepId>();
  const whole = new Set<number>(readsResult ? [target] : []);
  const byIndex = new Map(stages.map((stage) => [stage.index, stage]));
  for (const { steps } of stages)
    for (const step of steps)
      for (const from of sourcesOf(step)) if (from.kind === "stage") whole.add(from.stage);
  for (const stage of stages) {
    const last = stage.steps.findLastIndex(({ kind }) => kind === "run");
    if (last >= 0) addBelow(stage, last);
    if (whole.has(stage.index)) addBelow(stage, stage.steps.length);
  }
  return read;

  function addBelow(stage: StagePlan, end: number): void {
    for (const { id } of stage.steps.slice(0, end)) read.add(id);
    const { base } = stage;
    const below = base.kind === "stage" ? byIndex.get(base.stage) : undefined;
    if (below) addBelow(below, below.steps.length);
  }
}

function sourcesOf(step: Step): InputSource[] {
  if (step.kind === "copy") return [step.from];
  if (step.kind === "run") return step.mounts.flatMap((mount) => ("from" in mount ? [mount.from] : []));
  return [];
}
