import { type CleanupScope, cancelled } from "../core/cleanup-scope.ts";
import { isSlipwayError } from "../core/errors.ts";
import { eventId } from "../core/events.ts";
import type { HardenReport } from "../core/harden-report.ts";
import { formatPlatform, hostPlatform } from "../core/platform.ts";
import type { WatchOutput } from "../execute/run/run-options.ts";
import type { Hardening } from "../harden/profile.ts";
import type { HistoryItem } from "../image/config.ts";
import { assembleImage, type BuiltImage } from "../output/assemble.ts";
import { parseEntitlements } from "../plan/entitlements.ts";
import type { BuildPlan, Step } from "../plan/graph.ts";
import { planBuild } from "../plan/plan-build.ts";
import type { BuildClock } from "./build-clock.ts";
import { BuildDevices } from "./build-devices.ts";
import { type Execution, executePlan, sharedExecution, slotOf } from "./execution.ts";
import type { ExecutedPlatform, HardenedPlatform } from "./harden-build.ts";
import { lineageOf } from "./lineage.ts";
import {
  baseResolver,
  type PlanInputs,
  type PlatformView,
  planOptions,
  RESOLVE_STEP,
} from "./plan-options.ts";
import { remoteSources, requireLocked } from "./planned-sources.ts";

/** One platform, built: the image and what is needed to export its files. */
export interface PlatformBuild {
  /** Empty where the build has one platform only. */
  readonly label: string;
  readonly plan: BuildPlan;
  readonly image: BuiltImage;
  readonly execution: Execution;
  readonly hardening?: HardenedBuild;
}

/** What was asked of hardening, and what it did. */
export interface HardenedBuild {
  readonly asked: Hardening;
  readonly report: HardenReport;
  /** Names the Dockerfile and the context of the platform. */
  readonly slot: string;
}

export interface BuildRunRequest extends PlanInputs {
  readonly clock: BuildClock;
  readonly scope: CleanupScope;
  /** For the output of a RUN, where the build knows secrets. */
  readonly watchOutput?: WatchOutput;
  /** Takes secrets out of what the cache keeps beside layers. */
  readonly conceal?: (<T>(value: T) => T) | undefined;
  /** Without a step for work that belongs to none. */
  readonly beforeExecute: (step?: Step) => void;
  /** Told what this machine cannot do, once for all steps and platforms. */
  readonly notice: (message: string) => void;
}

/**
 * Plans, executes and assembles for every platform, all at the same time: steps that are the same for several run once (SPEC SG-07,
 * SG-13). The first failure ends the others and is the one thrown. Results are in the order of `views`.
 */
export async function buildPlatforms(
  request: BuildRunRequest,
  views: readonly PlatformView[],
): Promise<readonly PlatformBuild[]> {
  const { session, options, clock, contexts } = request;
  const controller = linkedController(options.signal, request.scope);
  const { signal } = controller;
  const resolver = baseResolver(request, signal);
  const plans = await clock.step("resolve", RESOLVE_STEP, () =>
    together(
      views.map((view) => planBuild(planOptions(request, { ...view, resolver, signal }))),
      controller,
    ),
  );
  const { devices: grants } = parseEntitlements(options.allow ?? []);
  const devices = new BuildDevices(session.environment.cdiFolders, grants, request.notice);
  for (const plan of plans) await devices.check(plan);
  if (options.locked) await requireAllLocked(request, plans);
  const harden = await openHardening(request, plans, signal);
  const labels = platformLabels(views);
  emitPlan(plans, labels, clock);
  const shared = sharedExecution({
    ...{ session, options, resolver, devices, clock, controller },
    contexts: { main: contexts.main, named: contexts.named, lock: contexts.lock },
    beforeExecute: request.beforeExecute,
    notice: request.notice,
    scope: request.scope,
    ...(request.watchOutput ? { watchOutput: request.watchOutput } : {}),
    conceal: request.conceal,
  });
  const executions = await together(
    plans.map((plan, i) =>
      executePlan({ shared, plan, slot: slotFor(request, plan, views[i]!), label: labels[i]! }),
    ),
    controller,
  );
  const builds: PlatformBuild[] = [];
  for (const [i, plan] of plans.entries()) {
    const label = labels[i]!;
    const slot = slotFor(request, plan, views[i]!);
    const execution = executions[i]!;
    const hardened = await harden?.({ plan, label, slot, execution });
    builds.push({
      plan,
      label,
      execution: hardened?.execution ?? execution,
      image: assemble(plan, hardened?.execution ?? execution, hardened),
      ...(hardened ? { hardening: { asked: hardened.asked, report: hardened.report, slot } } : {}),
    });
  }
  return builds;
}

/** What hardens a platform, where that is asked for; of other builds nothing of it is loaded. Refuses early what it can. */
async function openHardening(
  { options, session, clock, beforeExecute }: BuildRunRequest,
  plans: readonly BuildPlan[],
  signal: AbortSignal,
) {
  const { harden, hardenKeep } = options;
  if (harden === undefined && hardenKeep === undefined) return undefined;
  const { hardenPlatform, openPlatforms } = await import("./harden-build.ts");
  const hardening = openPlatforms(harden, hardenKeep, plans);
  const place = { session, clock, signal, beforeWork: () => beforeExecute() };
  return hardening && ((platform: ExecutedPlatform) => hardenPlatform(platform, { ...place, hardening }));
}

/** Before any step runs: the bases were looked for in the lock already. */
async function requireAllLocked(
  { contexts, options, session }: BuildRunRequest,
  plans: readonly BuildPlan[],
) {
  const lock = await contexts.lock();
  const { cwd } = session.environment;
  const { buildContexts } = options;
  if (lock) for (const plan of plans) requireLocked(remoteSources(plan, { cwd, buildContexts }), lock);
}

/** What tells the steps of one platform from those of another; empty where there is but one. */
function platformLabels(views: readonly PlatformView[]): readonly string[] {
  if (views.length === 1) return [""];
  const names = views.map(({ platform }) => formatPlatform(platform ?? hostPlatform()));
  return names.map((name, i) => (names.indexOf(name) === i ? name : `${name} (${i + 1})`));
}

function slotFor({ contexts, dockerfile }: BuildRunRequest, plan: BuildPlan, view: PlatformView): string {
  return slotOf([contexts.identity, dockerfile.file, plan.targetName, JSON.stringify(view.platform ?? null)]);
}

/** Waits for all, whatever happens; the first real failure stops the others, which then only say that they were stopped. */
async function together<T>(work: readonly Promise<T>[], controller: AbortController): Promise<readonly T[]> {
  const settled = await Promise.allSettled(
    work.map((one) =>
      one.catch((error: unknown) => {
        controller.abort(error);
        throw error;
      }),
    ),
  );
  const failures = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((error) => !isSlipwayError(error, "CANCELLED")) ?? failures[0];
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

function emitPlan(plans: readonly BuildPlan[], labels: readonly string[], clock: BuildClock): void {
  clock.emit({
    type: "plan",
    stages: plans.flatMap((plan, i) =>
      plan.stages.map((stage) => ({
        index: stage.index,
        ...(stage.name === undefined ? {} : { name: stage.name }),
        ...(labels[i] ? { platform: labels[i] } : {}),
        base: stage.baseText,
        steps: stage.steps.map(({ id, name }) => ({ id: eventId(labels[i]!, id), name })),
      })),
    ),
    // It depends on no platform which stages the target needs.
    skippedStages: plans[0]!.skipped,
  });
}

function assemble(plan: BuildPlan, execution: Execution, hardened?: HardenedPlatform): BuiltImage {
  const lineage = lineageOf(plan);
  const target = lineage.at(-1)!;
  const root = lineage[0]!.base;
  const base = root.kind === "image" ? root.image.config : undefined;
  const author = lineage.findLast((stage) => stage.author !== undefined)?.author ?? base?.author;
  return assembleImage({
    stage: hardened ? { ...target, config: hardened.config } : target,
    chain: execution.target,
    baseHistory: base?.history ?? [],
    ownHistory: [
      ...lineage.flatMap((stage): readonly HistoryItem[] => stage.history),
      ...(hardened?.history ?? []),
    ],
    platform: plan.platform,
    author,
    epoch: plan.sourceDateEpoch,
  });
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
