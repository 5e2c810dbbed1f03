import { type CleanupScope, cancelled } from "../core/cleanup-scope.ts";
import type { HistoryItem } from "../image/config.ts";
import { assembleImage, type BuiltImage } from "../output/assemble.ts";
import { parseEntitlements } from "../plan/entitlements.ts";
import type { BuildPlan, StagePlan, Step } from "../plan/graph.ts";
import { planBuild } from "../plan/plan-build.ts";
import type { BuildClock } from "./build-clock.ts";
import { BuildDevices } from "./build-devices.ts";
import { type Execution, executePlan, slotOf } from "./execution.ts";
import {
  baseResolver,
  type PlanInputs,
  type PlatformView,
  planOptions,
  RESOLVE_STEP,
} from "./plan-options.ts";

/** One platform, built: the image and what is needed to export its files. */
export interface PlatformBuild {
  readonly plan: BuildPlan;
  readonly image: BuiltImage;
  readonly execution: Execution;
}

export interface BuildRunRequest extends PlanInputs {
  readonly clock: BuildClock;
  readonly scope: CleanupScope;
  readonly beforeExecute: (step: Step) => void;
  /** Told what this machine cannot do, once for all steps and platforms. */
  readonly notice: (message: string) => void;
}

/** Plans, executes and assembles for one platform. */
export async function buildPlatform(request: BuildRunRequest, view: PlatformView): Promise<PlatformBuild> {
  const { session, options, clock, contexts, dockerfile } = request;
  const controller = linkedController(options.signal, request.scope);
  const resolver = baseResolver(request, controller.signal);
  const plan = await clock.step("resolve", RESOLVE_STEP, () =>
    planBuild(planOptions(request, { ...view, resolver, signal: controller.signal })),
  );
  const { devices: grants } = parseEntitlements(options.allow ?? []);
  const devices = new BuildDevices(session.environment.cdiFolders, grants, request.notice);
  await devices.check(plan);
  emitPlan(plan, clock);
  const execution = await executePlan({
    session,
    plan,
    options,
    resolver,
    contexts: { main: contexts.main, named: contexts.named },
    clock,
    slot: slotOf([
      contexts.identity,
      dockerfile.file,
      plan.targetName,
      JSON.stringify(view.platform ?? null),
    ]),
    beforeExecute: request.beforeExecute,
    notice: request.notice,
    devices,
    scope: request.scope,
    controller,
  });
  return { plan, execution, image: assemble(plan, execution) };
}

function emitPlan(plan: BuildPlan, clock: BuildClock): void {
  clock.emit({
    type: "plan",
    stages: plan.stages.map((stage) => ({
      index: stage.index,
      ...(stage.name === undefined ? {} : { name: stage.name }),
      base: stage.baseText,
      steps: stage.steps.map(({ id, name }) => ({ id, name })),
    })),
    skippedStages: plan.skipped,
  });
}

function assemble(plan: BuildPlan, execution: Execution): BuiltImage {
  const lineage = lineageOf(plan);
  const target = lineage.at(-1)!;
  const root = lineage[0]!.base;
  const base = root.kind === "image" ? root.image.config : undefined;
  const author = lineage.findLast((stage) => stage.author !== undefined)?.author ?? base?.author;
  return assembleImage({
    stage: target,
    chain: execution.target,
    baseHistory: base?.history ?? [],
    ownHistory: lineage.flatMap((stage): readonly HistoryItem[] => stage.history),
    platform: plan.platform,
    author,
    epoch: plan.sourceDateEpoch,
  });
}

/** The target with the stages that it was made FROM, the first one first. */
function lineageOf(plan: BuildPlan): StagePlan[] {
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

/** Aborts with the caller's signal, and on the first failure. */
function linkedController(signal: AbortSignal | undefined, scope: CleanupScope): AbortController {
  const controller = new AbortController();
  if (!signal) return controller;
  const forward = () => controller.abort(cancelled(signal));
  if (signal.aborted) forward();
  signal.addEventListener("abort", forward, { once: true });
  scope.defer(() => signal.removeEventListener("abort", forward));
  return controller;
}
