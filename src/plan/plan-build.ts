import { throwIfAborted } from "../core/cleanup-scope.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { formatPlatform, normalizePlatform, type Platform } from "../core/platform.ts";
import { suggest } from "../core/suggest.ts";
import { resolveBase, resolvingOnce, type StageBase } from "./bases.ts";
import type { Environment } from "./environment.ts";
import { resolveEpoch, withEpoch } from "./epoch.ts";
import { registerStage, warnOfStageNames } from "./from.ts";
import { evaluateGlobalArgs, globalNames } from "./global-scope.ts";
import type { BuildPlan, StagePlan } from "./graph.ts";
import { type InterpretedStage, interpretStage } from "./interpret-stage.ts";
import { linkStages } from "./link.ts";
import { NamedContexts } from "./named-context.ts";
import { fireTriggers, triggersOf } from "./onbuild.ts";
import type { PlanOptions } from "./options.ts";
import { checkControlArgs, predefinedArgs, proxyVariables } from "./predefined-args.ts";
import { checkCycles, reachableFrom } from "./reachability.ts";
import type { BuildSetting } from "./stage-state.ts";
import { StageTable } from "./stage-table.ts";
import { didYouMean, WarningLog } from "./warnings.ts";

export type { PlanOptions } from "./options.ts";

/**
 * From typed instructions to the graph of steps, in the order that decides which error wins (SPEC PO-05). Throws STAGE_*,
 * INSTRUCTION_INVALID, EXPANSION_FAILED, ENTITLEMENT_DENIED, and what the resolver throws, each with its place in the Dockerfile.
 */
export async function planBuild(options: PlanOptions): Promise<BuildPlan> {
  throwIfAborted(options.signal);
  checkControlArgs(options.buildArgs);
  const log = new WarningLog(options.onWarning);
  warnOfStageNames(options.dockerfile.stages, log.warn);
  const scope = await globalScope(options);
  const contexts = new NamedContexts(options.namedContexts);
  const table = new StageTable();
  for (const stage of options.dockerfile.stages)
    registerStage(table, stage, {
      ...scope,
      platform: options.platform ?? options.buildPlatform,
      contexts,
      warn: log.warn,
    });
  const target = findTarget(table, options.target);
  linkStages(table);
  checkCycles(table);
  const images = resolvingOnce(options.resolver);
  const stageNames = table.names;
  const bases = await resolveBases(table, target, { options, images, contexts, stageNames, warn: log.warn });
  const build: BuildSetting = {
    escape: options.dockerfile.escape,
    globalArgs: scope.globalArgs,
    targetPlatform: options.platform ?? options.buildPlatform,
    buildArgs: withEpoch(options.buildArgs, scope.epoch),
    proxyEnv: proxyVariables(options.buildArgs),
    network: options.network ?? "default",
    allow: new Set(options.allow),
    multiPlatform: options.multiPlatform ?? false,
    warn: log.warn,
  };
  const stages = interpretStages(table, target, bases, build, options);
  const result = stages.get(target)!;
  const reached = reachableFrom(table, target);
  const plans = [...stages.values()].map((stage) => stagePlan(stage, target, options));
  return {
    stages: plans,
    target,
    targetName: result.entry.label,
    platform: resultPlatform(result.state.imagePlatform, options.platform),
    skipped: table.written.filter(({ index }) => !reached.has(index)).map(({ label }) => label),
    warnings: log.all,
    usesContext: plans.some(readsContext),
    ...(scope.epoch === undefined ? {} : { sourceDateEpoch: scope.epoch }),
  };
}

/** The scope before the first FROM, with the epoch as a number (SPEC SC-01 to SC-04, EP-04). */
async function globalScope(options: PlanOptions) {
  const { dockerfile, buildArgs } = options;
  const { escape, globalArgs: args } = dockerfile;
  const start = predefinedArgs({
    buildPlatform: options.buildPlatform,
    targetPlatform: options.platform ?? options.buildPlatform,
    targetStage: options.target ?? dockerfile.stages.at(-1)?.from.stageName ?? "default",
    buildArgs,
  });
  const evaluated = evaluateGlobalArgs({ start, args, buildArgs, escape });
  const epoch = await resolveEpoch(evaluated, options);
  return {
    globalArgs: withEpoch(evaluated, epoch),
    defaultArgs: defaultsAlone({ start, args, buildArgs: new Map(), escape }),
    globalNames: globalNames(evaluated, args),
    escape,
    epoch,
  };
}

/** The scope without any build-arg; undefined where a default needs one (`ARG A=${B:?}`). */
function defaultsAlone(request: Parameters<typeof evaluateGlobalArgs>[0]): Environment | undefined {
  try {
    return evaluateGlobalArgs(request);
  } catch (error) {
    if (isSlipwayError(error, "EXPANSION_FAILED")) return undefined;
    throw error;
  }
}

function findTarget(table: StageTable, name: string | undefined): number {
  if (name === undefined || name === "") return table.writtenCount - 1;
  const found = table.find(name);
  if (found !== undefined) return found;
  throw new SlipwayError(
    "STAGE_INVALID",
    `target stage "${name}" could not be found${didYouMean(suggest(name.toLowerCase(), table.names))}`,
    {
      hint:
        table.names.length > 0
          ? `stages of this Dockerfile: ${table.names.join(", ")}`
          : "no stage of this Dockerfile has a name",
    },
  );
}

/** Resolves the bases of what the target needs, side by side; triggers may add needs, so this repeats until there are none (SPEC OB-05). */
async function resolveBases(
  table: StageTable,
  target: number,
  request: Parameters<typeof resolveBase>[1],
): Promise<ReadonlyMap<number, StageBase>> {
  const bases = new Map<number, StageBase>();
  const fired = new Set<number>();
  for (;;) {
    throwIfAborted(request.options.signal);
    const needed = [...reachableFrom(table, target)].map((index) => table.at(index));
    const open = needed.filter((entry) => entry.parent === undefined && !bases.has(entry.index));
    await Promise.all(
      open.map(async (entry) => {
        bases.set(
          entry.index,
          await resolveBase(entry, request).catch((error) => rethrowAt(error, entry.source)),
        );
      }),
    );
    const firing = needed.filter((entry) => !entry.implicit && !entry.replacement && !fired.has(entry.index));
    if (open.length === 0 && firing.length === 0) return bases;
    for (const entry of firing) {
      fired.add(entry.index);
      const triggers = triggersOf(table, entry, bases);
      if (triggers.length > 0) fireTriggers(table, entry, triggers, entry.source);
    }
    checkCycles(table);
  }
}

function rethrowAt(error: unknown, source: Parameters<SlipwayError["at"]>[0]): never {
  throw error instanceof SlipwayError ? error.at(source) : error;
}

function interpretStages(
  table: StageTable,
  target: number,
  bases: ReadonlyMap<number, StageBase>,
  build: BuildSetting,
  options: PlanOptions,
): ReadonlyMap<number, InterpretedStage> {
  const reached = reachableFrom(table, target);
  const filter = new Set(options.noCacheFilter.map((name) => name.toLowerCase()));
  const states = new Map<number, InterpretedStage>();
  for (const entry of table.written) {
    if (!reached.has(entry.index)) continue;
    const noCache = options.noCache || (entry.name !== undefined && filter.has(entry.name));
    states.set(entry.index, interpretStage({ table, entry, bases, states, build, noCache }));
  }
  return states;
}

function stagePlan(
  { entry, setting, state, base, fromStepName }: InterpretedStage,
  target: number,
  options: PlanOptions,
): StagePlan {
  const labels =
    entry.index === target && options.labels.size > 0
      ? { ...state.config.Labels, ...Object.fromEntries(options.labels) }
      : undefined;
  return {
    index: entry.index,
    ...(entry.name === undefined ? {} : { name: entry.name }),
    baseText: entry.base,
    base,
    platform: setting.platform,
    source: entry.source,
    ...(fromStepName === undefined ? {} : { fromStepName }),
    steps: state.steps,
    config: labels ? { ...state.config, Labels: labels } : state.config,
    ...(state.author === undefined ? {} : { author: state.author }),
    history: state.history,
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
