import type { BuildPlan, StagePlan } from "../plan/graph.ts";

/** The target with the stages that it was made FROM, the first one first. */
export function lineageOf(plan: BuildPlan): StagePlan[] {
  const lineage: StagePlan[] = [];
  let next: number | undefined = plan.target;
  while (next !== undefined) {
    const index: number = next;
    const stage: StagePlan = plan.stages.find((candidate) => candidate.index === index)!;
    lineage.unshift(stage);
    next = stage.base.kind === "stage" ? stage.base.stage : undefined;
  }
  return lineage;
}
