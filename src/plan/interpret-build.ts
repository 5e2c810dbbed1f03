import type { IgnoreRules } from "../context/ignore-rules.ts";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import { Linter, refuseFindings } from "../dockerfile/linter.ts";
import { resolvingOnce, type StageBase } from "./bases.ts";
import { Budget } from "./budget.ts";
import { warnOfDefaultBases } from "./default-bases.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Environment } from "./environment.ts";
import { resolveEpoch, withEpoch } from "./epoch.ts";
import { registerStage } from "./from.ts";
import { evaluateGlobalArgs, type GlobalScopeRequest, globalNames } from "./global-scope.ts";
import { type InterpretedStage, interpretStage } from "./interpret-stage.ts";
import { linkStages } from "./link.ts";
import { NamedContexts } from "./named-context.ts";
import type { PlanOptions } from "./options.ts";
import { checkControlArgs, predefinedArgs, proxyVariables } from "./predefined-args.ts";
import { checkCycles, reachableFrom } from "./reachability.ts";
import { resolveBases } from "./resolve-bases.ts";
import type { BuildSetting } from "./stage-state.ts";
import { StageTable } from "./stage-table.ts";

/** A build with all its instructions interpreted: what a plan and an outline are made from. */
export interface InterpretedBuild {
  readonly table: StageTable;
  readonly target: number;
  /** Needed stages in file order. */
  readonly stages: ReadonlyMap<number, InterpretedStage>;
  readonly globals: GlobalScopeRequest;
  /** The global scope, evaluated. */
  readonly globalArgs: Environment;
  readonly epoch: number | undefined;
  readonly linter: Linter;
}

/**
 * Takes a Dockerfile through everything that comes before steps can run, in the order that decides which error wins
 * (SPEC PO-05). Throws STAGE_*, INSTRUCTION_INVALID, EXPANSION_FAILED, and what the resolver throws, each
 * with its place in the Dockerfile; LINT_FAILED at the end, where findings are fatal (LN-04).
 */
export async function interpretBuild(options: PlanOptions): Promise<InterpretedBuild> {
  throwIfAborted(options.signal);
  checkControlArgs(options.buildArgs);
  const { dockerfile } = options;
  const linter = new Linter(options.lint === false ? "off" : dockerfile.lint, options.onWarning);
  const globals = globalScope(options);
  const evaluated = evaluateGlobalArgs(globals);
  const epoch = await resolveEpoch(evaluated, options);
  const scope: Scope = { globals, globalArgs: withEpoch(evaluated, epoch), epoch, linter };
  warnOfDefaultBases(dockerfile.stages, globals, linter.warn);
  const contexts = new NamedContexts(options.namedContexts);
  const table = enterStages(contexts, scope, options);
  const target = findTarget(table, options.target);
  linkStages(table);
  checkCycles(table);
  const roots = options.allStages ? table.written.map(({ index }) => index) : [target];
  const images = resolvingOnce(options.resolver);
  const stageNames = table.written.map(({ name }) => name?.toLowerCase());
  const bases = await resolveBases(
    table,
    { roots, target },
    {
      options,
      images,
      contexts,
      stageNames,
      warn: linter.warn,
    },
  );
  const build = buildSetting(scope, options, await options.ignoreRules?.());
  const stages = interpretStages({ table, roots, bases, build, options });
  if (options.lint !== false) refuseFindings(dockerfile.lint, [...dockerfile.warnings, ...linter.warnings]);
  return { table, target, stages, ...scope };
}

interface Scope {
  readonly globals: GlobalScopeRequest;
  readonly globalArgs: Environment;
  readonly epoch: number | undefined;
  readonly linter: Linter;
}

/** What the scope before the first FROM is made from (SPEC SC-01 to SC-04). */
function globalScope({ dockerfile, buildArgs, ...options }: PlanOptions): GlobalScopeRequest {
  const start = predefinedArgs({
    buildPlatform: options.buildPlatform,
    targetPlatform: options.platform ?? options.buildPlatform,
    targetStage: options.target ?? dockerfile.stages.at(-1)?.from.stageName ?? "default",
    buildArgs,
  });
  return { start, args: dockerfile.globalArgs, buildArgs, escape: dockerfile.escape, budget: new Budget() };
}

function enterStages(
  contexts: NamedContexts,
  { globals, globalArgs, linter }: Scope,
  { dockerfile, platform, buildPlatform }: PlanOptions,
): StageTable {
  const table = new StageTable();
  const names = globalNames(globalArgs, globals.args);
  for (const stage of dockerfile.stages)
    registerStage(table, stage, {
      globalArgs,
      globalNames: names,
      escape: dockerfile.escape,
      budget: globals.budget,
      platform: platform ?? buildPlatform,
      contexts,
      warn: linter.warn,
    });
  return table;
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

function buildSetting(
  { globals, globalArgs, epoch, linter }: Scope,
  options: PlanOptions,
  ignoreRules: IgnoreRules | undefined,
): BuildSetting {
  return {
    escape: options.dockerfile.escape,
    globalArgs,
    targetPlatform: options.platform ?? options.buildPlatform,
    buildArgs: withEpoch(options.buildArgs, epoch),
    proxyEnv: proxyVariables(options.buildArgs),
    network: options.network ?? "default",
    multiPlatform: options.multiPlatform ?? false,
    budget: globals.budget,
    ...(ignoreRules ? { ignoreRules } : {}),
    warn: linter.warn,
  };
}

function interpretStages(request: {
  readonly table: StageTable;
  readonly roots: readonly number[];
  readonly bases: ReadonlyMap<number, StageBase>;
  readonly build: BuildSetting;
  readonly options: PlanOptions;
}): ReadonlyMap<number, InterpretedStage> {
  const { table, roots, bases, build, options } = request;
  const reached = reachableFrom(table, roots);
  const filter = new Set(options.noCacheFilter.map((name) => name.toLowerCase()));
  const states = new Map<number, InterpretedStage>();
  for (const entry of table.written) {
    if (!reached.has(entry.index)) continue;
    const noCache = options.noCache || (entry.name !== undefined && filter.has(entry.name));
    states.set(entry.index, interpretStage({ table, entry, bases, states, build, noCache }));
  }
  return states;
}
