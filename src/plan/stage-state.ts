import type { IgnoreRules } from "../context/ignore-rules.ts";
import { DEFAULT_PATH } from "../core/default-path.ts";
import type { Platform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Instruction } from "../dockerfile/instructions.ts";
import type { Warn } from "../dockerfile/linter.ts";
import type { ContainerConfig, HistoryItem } from "../image/config.ts";
import type { Budget } from "./budget.ts";
import { type Environment, parseEnvEntry } from "./environment.ts";
import type { InputSource, StagePlan, Step } from "./graph.ts";
import { Owned } from "./owned.ts";
import { cleanPath } from "./paths.ts";
import { type BuildArg, StageVariables } from "./stage-variables.ts";

/** What is the same for every stage of one build. */
export interface BuildSetting {
  readonly escape: "\\" | "`";
  readonly globalArgs: Environment;
  /** What the image is for, unless its base says otherwise. */
  readonly targetPlatform: Platform;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly proxyEnv: readonly string[];
  readonly network: "default" | "none" | "host";
  readonly multiPlatform: boolean;
  readonly ignoreRules?: IgnoreRules;
  readonly budget: Budget;
  readonly warn: Warn;
}

/** What is fixed while one stage is interpreted. */
export interface StageSetting {
  readonly index: number;
  /** Name, or `stage-<index>`; for messages. */
  readonly label: string;
  /** As step names show it: empty in a file with one stage (SPEC SG-08). */
  readonly shownName: string;
  readonly platform: Platform;
  readonly stepTotal: number;
  readonly noCache: boolean;
  readonly build: BuildSetting;
}

/** A source that COPY --from or a mount's `from` names: usable, or a stage that comes too late. */
export type SourceRef = { readonly usable: true; readonly input: InputSource } | { readonly usable: false };

/** One instruction on its way through the interpreter. */
export interface Call<I extends Instruction = Instruction> {
  readonly instruction: I;
  /** Fired by an ONBUILD trigger; its source range is that of the FROM line (SPEC OB-06). */
  readonly fromTrigger: boolean;
  /** COPY: at most one, for `--from`. RUN: one per mount, undefined where it has no `from`. */
  readonly sources: readonly (SourceRef | undefined)[];
  readonly stage: StageSetting;
}

/** The config without what grows with the number of instructions. */
export type FixedConfig = Omit<ContainerConfig, "Env" | "Labels" | "ExposedPorts" | "Volumes" | "OnBuild">;

/** What instructions add to one by one. */
export interface Collected {
  readonly Labels: Map<string, string>;
  readonly ExposedPorts: Set<string>;
  readonly Volumes: Set<string>;
  readonly OnBuild: string[];
  /** Every item of the stage's own ARGs. */
  readonly args: BuildArg[];
  readonly history: StagePlan["history"][number][];
  readonly steps: Step[];
}

/** A stage as far as it has been interpreted. Every instruction gives a new one, and only the newest is of use. */
export interface StageState {
  readonly variables: Owned<StageVariables>;
  readonly collected: Owned<Collected>;
  readonly config: FixedConfig;
  readonly author?: string;
  /** A WORKDIR was met in this file, here or in a stage below (SPEC §7 WorkdirRelativePath). */
  readonly workdirSeen: boolean;
  /** The last CMD, ENTRYPOINT and HEALTHCHECK of this very stage (SPEC CF-02, CF-03). */
  readonly seen: Readonly<Partial<Record<"CMD" | "ENTRYPOINT" | "HEALTHCHECK", SourceRange>>>;
  /** Position that the last named step had, FROM included (SPEC SG-08). */
  readonly position: number;
  /** Platform that the image config will carry: the base's, or that of the build for scratch. */
  readonly imagePlatform: Platform;
}

/** The config of an image made from nothing (SPEC FR-05). */
export function emptyConfig(os: string): ContainerConfig {
  return { ...(os === "windows" ? {} : { Env: [`PATH=${DEFAULT_PATH}`] }), WorkingDir: "/" };
}

/** The state of a stage right after a FROM that names an image, a context or scratch. */
export function startFromImage(base: {
  readonly config: ContainerConfig;
  readonly author?: string;
  readonly imagePlatform: Platform;
  readonly os: string;
  readonly position: number;
}): StageState {
  const config = inheritedConfig(base.config, base.os);
  return {
    ...stateOf(config, new StageVariables(config.Env ?? [])),
    ...(base.author ? { author: base.author } : {}),
    workdirSeen: false,
    position: base.position,
    imagePlatform: base.imagePlatform,
  };
}

/** The state of a stage right after a FROM that names another stage: its variables, ARGs included, and its config live on (SPEC SC-09). */
export function startFromStage(parent: StageState, os: string): StageState {
  const config = inheritedConfig(configOf(parent), os);
  const variables = new StageVariables(config.Env ?? [], parent.variables.content);
  return { ...parent, ...stateOf(config, variables), position: 0 };
}

function stateOf(
  { Env: _, Labels = {}, ExposedPorts = {}, Volumes = {}, OnBuild: __, ...config }: ContainerConfig,
  variables: StageVariables,
): Pick<StageState, "variables" | "collected" | "config" | "seen"> {
  const collected: Collected = {
    Labels: new Map(Object.entries(Labels)),
    ExposedPorts: new Set(Object.keys(ExposedPorts)),
    Volumes: new Set(Object.keys(Volumes)),
    OnBuild: [],
    args: [],
    history: [],
    steps: [],
  };
  return { variables: new Owned(variables), collected: new Owned(collected), config, seen: {} };
}

/** The config that the stage's image has now; empty members are left out. */
export function configOf({ config, variables, collected }: StageState): ContainerConfig {
  const { Labels, ExposedPorts, Volumes, OnBuild } = collected.content;
  const Env = variables.content.imageEnv;
  return {
    ...config,
    ...(Env.length > 0 ? { Env } : {}),
    ...(Labels.size > 0 ? { Labels: Object.fromEntries(Labels) } : {}),
    ...(ExposedPorts.size > 0 ? { ExposedPorts: asKeys(ExposedPorts) } : {}),
    ...(Volumes.size > 0 ? { Volumes: asKeys(Volumes) } : {}),
    ...(OnBuild.length > 0 ? { OnBuild } : {}),
  };
}

function asKeys(names: ReadonlySet<string>): Readonly<Record<string, object>> {
  return Object.fromEntries(Array.from(names, (name) => [name, {}]));
}

/** The base's config without its triggers (SPEC OB-03), with a PATH (SC-10) and a clean working directory (FR-07). */
function inheritedConfig(base: ContainerConfig, os: string): ContainerConfig {
  const { OnBuild: _, ...config } = base;
  const env = config.Env ?? [];
  const hasPath = os === "windows" || env.some((entry) => parseEnvEntry(entry)[0] === "PATH");
  return {
    ...config,
    ...(hasPath ? {} : { Env: [...env, `PATH=${DEFAULT_PATH}`] }),
    ...(config.WorkingDir ? { WorkingDir: cleanPath(`/${config.WorkingDir}`) } : {}),
  };
}

/** The stage's current directory; `/` where neither the base nor a WORKDIR set one. */
export function currentDirectory(state: StageState): string {
  return state.config.WorkingDir || "/";
}

/** The history item of `text`, without its time (SPEC HI-01). */
export function historyItem(text: string, emptyLayer: boolean): HistoryItem {
  return {
    created_by: text,
    comment: "buildkit.dockerfile.v0",
    ...(emptyLayer ? { empty_layer: true } : {}),
  };
}

/** The state with a changed config, more of what is collected, and the history item of an instruction that makes no layer. */
export function configured(
  state: StageState,
  config: FixedConfig,
  text: string,
  collect: (collected: Collected) => void = () => {},
): StageState {
  const collected = state.collected.changed((content) => {
    collect(content);
    content.history.push(historyItem(text, true));
  });
  return { ...state, config, collected };
}
