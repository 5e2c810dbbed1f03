import { type CleanupScope, cancelled } from "../core/cleanup-scope.ts";
import type { BuildEvent } from "../core/events.ts";
import { hostPlatform, normalizePlatform, type Platform, parsePlatform } from "../core/platform.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { HistoryItem } from "../image/config.ts";
import { assembleImage, type BuiltImage } from "../output/assemble.ts";
import type { LayerContent } from "../output/layer-content.ts";
import type { BuildPlan, StagePlan, Step } from "../plan/graph.ts";
import { planBuild } from "../plan/plan-build.ts";
import type { BuildClock } from "./build-clock.ts";
import type { BuildContexts } from "./build-contexts.ts";
import type { BuildOptions } from "./build-options.ts";
import { type Execution, executePlan, slotOf } from "./execution.ts";
import { StoreImageResolver } from "./image-resolver.ts";
import { loadLayoutContext } from "./layout-context.ts";
import type { Session } from "./session.ts";

/** One platform, built: the image and what is needed to export its files. */
export interface PlatformBuild {
  readonly plan: BuildPlan;
  readonly image: BuiltImage;
  readonly execution: Execution;
}

export type BuildWarning = Omit<Extract<BuildEvent, { type: "warning" }>, "type" | "time">;

export interface BuildRunRequest {
  readonly session: Session;
  readonly options: BuildOptions;
  readonly contexts: BuildContexts;
  readonly dockerfile: ParsedDockerfile;
  /** Told each warning of the plan as it is found. */
  readonly warn: (warning: BuildWarning) => void;
  readonly clock: BuildClock;
  readonly scope: CleanupScope;
  readonly beforeExecute: (step: Step) => void;
  readonly content: LayerContent;
}

/** The platforms that were asked for; undefined stands for "whatever the bases are". */
export function requestedPlatforms(options: BuildOptions): readonly (Platform | undefined)[] {
  const asked = (options.platforms ?? []).map((p) =>
    typeof p === "string" ? parsePlatform(p) : normalizePlatform(p),
  );
  return asked.length > 0 ? asked : [undefined];
}

/** Plans, executes and assembles for one platform. */
export async function buildPlatform(
  request: BuildRunRequest,
  platform: Platform | undefined,
  multiPlatform: boolean,
): Promise<PlatformBuild> {
  const { session, options, clock, contexts, dockerfile } = request;
  const controller = linkedController(options.signal, request.scope);
  const resolver = new StoreImageResolver({
    session,
    content: request.content,
    pull: options.pull ?? false,
    loadLayout: (specifier) => loadLayoutContext(session, specifier),
    onProgress: () => {},
    signal: controller.signal,
  });
  const plan = await makePlan(request, resolver, platform, multiPlatform, controller.signal);
  emitPlan(plan, clock);
  const execution = await executePlan({
    session,
    plan,
    options,
    resolver,
    contexts: { main: contexts.main, named: contexts.named },
    clock,
    slot: slotOf([contexts.identity, dockerfile.file, plan.targetName, JSON.stringify(platform ?? null)]),
    beforeExecute: request.beforeExecute,
    scope: request.scope,
    controller,
  });
  return { plan, execution, image: assemble(plan, execution) };
}

function makePlan(
  { options, clock, contexts, dockerfile, warn }: BuildRunRequest,
  resolver: StoreImageResolver,
  platform: Platform | undefined,
  multiPlatform: boolean,
  signal: AbortSignal,
): Promise<BuildPlan> {
  return clock.step("resolve", "[internal] resolve bases and plan", () =>
    planBuild({
      dockerfile,
      ...(options.target ? { target: options.target } : {}),
      buildArgs: new Map(Object.entries(options.buildArgs ?? {})),
      labels: new Map(Object.entries(options.labels ?? {})),
      ...(platform ? { platform } : {}),
      buildPlatform: hostPlatform(),
      resolver,
      namedContexts: new Map(Object.entries(options.buildContexts ?? {})),
      noCache: options.noCache ?? false,
      noCacheFilter: options.noCacheFilter ?? [],
      ...(options.network ? { network: options.network } : {}),
      allow: options.allow ?? [],
      multiPlatform,
      sourceTime: contexts.sourceTime,
      onWarning: warn,
      signal,
    }),
  );
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
