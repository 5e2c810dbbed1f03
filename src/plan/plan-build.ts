import { formatPlatform, normalizePlatform, type Platform } from "../core/platform.ts";
import { checkEntitlements } from "./entitlements.ts";
import type { BuildPlan, StagePlan } from "./graph.ts";
import { type InterpretedBuild, interpretBuild } from "./interpret-build.ts";
import type { InterpretedStage } from "./interpret-stage.ts";
import type { PlanOptions } from "./options.ts";
import { configOf } from "./stage-state.ts";

export type { PlanOptions } from "./options.ts";

/**
 * From typed instructions to the graph of steps. Throws what `interpretBuild` throws; after that ENTITLEMENT_DENIED for a step
 * that may not do what it asks for.
 */
export async function planBuild(options: PlanOptions): Promise<BuildPlan> {
  const plan = planOf(await interpretBuild(options), options);
  checkEntitlements(plan.stages, options);
  return plan;
}

function planOf({ table, target, stages, linter, epoch }: InterpretedBuild, options: PlanOptions): BuildPlan {
  const result = stages.get(target)!;
  const plans = [...stages.values()].map((stage) => stagePlan(stage, target, options));
  return {
    stages: plans,
    target,
    targetName: result.entry.label,
    platform: resultPlatform(result.state.imagePlatform, options.platform),
    skipped: table.written.filter(({ index }) => !stages.has(index)).map(({ label }) => label),
    warnings: linter.warnings,
    usesContext: plans.some(readsContext),
    ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
  };
}

function stagePlan(
  { entry, setting, state, base, fromStepName }: InterpretedStage,
  target: number,
  options: PlanOptions,
): StagePlan {
  const { steps, history } = state.collected.content;
  const config = configOf(state);
  const labels =
    entry.index === target && options.labels.size > 0
      ? { ...config.Labels, ...Object.fromEntries(options.labels) }
      : undefined;
  return {
    index: entry.index,
    ...(entry.name === undefined ? {} : { name: entry.name }),
    baseText: entry.base,
    base,
    platform: setting.platform,
    source: entry.source,
    ...(fromStepName === undefined ? {} : { fromStepName }),
    steps,
    config: labels ? { ...config, Labels: labels } : config,
    ...(state.author === undefined ? {} : { author: state.author }),
    history,
  };
}

/** A platform that was asked for is what the result says it is (SPEC FR-09). */
function resultPlatform(own: Platform, asked: Platform | undefined): Platform {
  if (!asked) return normalizePlatform(own);
  const same =
    formatPlatform({ os: own.os, architecture: own.architecture }) ===
    formatPlatform({ os: asked.os, architecture: asked.architecture });
  return normalizePlatform(same ? { ...own, ...asked } : asked);
}

function readsContext(stage: StagePlan): boolean {
  return stage.steps.some((step) => {
    if (step.kind === "copy") return step.from.kind === "context" && step.sources.length > 0;
    return (
      step.kind === "run" &&
      step.mounts.some((mount) => mount.type === "bind" && mount.from.kind === "context")
    );
  });
}
