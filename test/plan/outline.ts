import type { BuildPlan, InputSource, RunMount, StagePlan, Step } from "../../src/plan/graph.ts";

/** A plan as JSON for a golden file: images by name, places by line, and nothing that says "as usual". */
export function outline(plan: BuildPlan): unknown {
  return JSON.parse(
    JSON.stringify({
      ...plan,
      stages: plan.stages.map(stageOutline),
      warnings: plan.warnings.map(
        ({ rule, message, source }) => `${rule}: ${message} (line ${source.start})`,
      ),
    }),
  );
}

function stageOutline({ source, steps, history, base, config, ...rest }: StagePlan): unknown {
  return {
    ...rest,
    lines: `${source.start}-${source.end}`,
    base: base.kind === "scratch" ? "scratch" : inputText(base),
    steps: steps.map(stepOutline),
    config,
    history: history.map((item) => `${item.stepId ?? (item.empty_layer ? "-" : "?")} ${item.created_by}`),
  };
}

/** The history text of a step is in its stage's history. */
function stepOutline({ history: _, source, platform, ...step }: Step & { platform?: unknown }): unknown {
  return {
    ...step,
    lines: `${source.start}-${source.end}`,
    ...("from" in step ? { from: inputText(step.from) } : {}),
    ...("mounts" in step ? { mounts: step.mounts.map(mountOutline) } : {}),
  };
}

function mountOutline(mount: RunMount): unknown {
  return "from" in mount ? { ...mount, from: inputText(mount.from) } : mount;
}

function inputText(input: InputSource): string {
  if (input.kind === "stage") return `stage ${input.stage}`;
  if (input.kind === "image") return `image ${input.image.name}`;
  return input.kind === "named-context" ? `context ${input.name}` : input.kind;
}
