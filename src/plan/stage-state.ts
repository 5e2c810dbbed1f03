import type { IgnoreRules } from "../context/ignore-rules.ts";
import type { Platform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Instruction } from "../dockerfile/instructions.ts";
import type { Warn } from "../dockerfile/linter.ts";
import type { ContainerConfig, HistoryItem } from "../image/config.ts";
import { type Environment, parseEnvEntry, type Variable, withVariables } from "./environment.ts";
import type { InputSource, StagePlan, Step } from "./graph.ts";
import { cleanPath } from "./paths.ts";
import { DEFAULT_PATH, NON_ENVIRONMENT_ARGS } from "./predefined-args.ts";

/** What is the same for every stage of one build. */
export interface BuildSetting {
  readonly escape: "\\" | "`";
  readonly globalArgs: Environment;
  /** What the image is for, unless its base says otherwise. */
  readonly targetPlatform: Platform;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly proxyEnv: readonly string[];
  readonly network: "default" | "none" | "host";
  readonly allow: ReadonlySet<string>;
  readonly multiPlatform: boolean;
  readonly ignoreRules?: IgnoreRules;
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

export interface BuildArg {
  readonly key: string;
  readonly value: string | undefined;
}

/** A stage as far as it has been interpreted. Every instruction gives a new one. */
export interface StageState {
  readonly env: Environment;
  /** Every ARG so far, inherited ones first (SPEC SC-09, HI-04). */
  readonly buildArgs: readonly BuildArg[];
  readonly config: ContainerConfig;
  readonly author?: string;
  readonly history: StagePlan["history"];
  readonly steps: readonly Step[];
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
    env: withVariables(new Map(), configVariables(config)),
    buildArgs: [],
    config,
    ...(base.author ? { author: base.author } : {}),
    history: [],
    steps: [],
    workdirSeen: false,
    seen: {},
    position: base.position,
    imagePlatform: base.imagePlatform,
  };
}

/** The state of a stage right after a FROM that names another stage: its variables, ARGs included, and its config live on (SPEC SC-09). */
export function startFromStage(parent: StageState, os: string): StageState {
  const config = inheritedConfig(parent.config, os);
  return {
    ...parent,
    env: withVariables(parent.env, configVariables(config)),
    config,
    history: [],
    steps: [],
    seen: {},
    position: 0,
  };
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

function configVariables(config: ContainerConfig): readonly Variable[] {
  return (config.Env ?? []).map(parseEnvEntry);
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

/** The state with a changed config and the history item of an instruction that makes no layer. */
export function configured(state: StageState, config: ContainerConfig, text: string): StageState {
  return { ...state, config, history: [...state.history, historyItem(text, true)] };
}

/** The state after an ARG: recorded for history, and a variable unless it is unset or never becomes one (SPEC SC-07, SC-12). */
export function withBuildArg(state: StageState, { key, value }: BuildArg): StageState {
  const buildArgs = [...state.buildArgs, { key, value }];
  const isVariable = value !== undefined && !NON_ENVIRONMENT_ARGS.has(key);
  return { ...state, buildArgs, env: isVariable ? withVariables(state.env, [[key, value]]) : state.env };
}
