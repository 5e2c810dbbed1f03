import { SlipwayError } from "../core/errors.ts";
import type { StageBase } from "./bases.ts";
import type { InputSource, StagePlan } from "./graph.ts";
import { interpret } from "./interpret.ts";
import { located } from "./located.ts";
import {
  type BuildSetting,
  emptyConfig,
  type SourceRef,
  type StageSetting,
  type StageState,
  startFromImage,
  startFromStage,
} from "./stage-state.ts";
import type { StageEntry, StageTable } from "./stage-table.ts";
import { fromStepName } from "./step-name.ts";

export interface StageRequest {
  readonly table: StageTable;
  readonly entry: StageEntry;
  readonly bases: ReadonlyMap<number, StageBase>;
  /** Finished states of earlier stages. */
  readonly states: ReadonlyMap<number, InterpretedStage>;
  readonly build: BuildSetting;
  readonly noCache: boolean;
}

export interface InterpretedStage {
  readonly entry: StageEntry;
  readonly setting: StageSetting;
  readonly state: StageState;
  readonly base: StagePlan["base"];
  readonly fromStepName?: string;
}

/** Instructions that are steps of their own (SPEC SG-08). */
const COUNTED: ReadonlySet<string> = new Set(["RUN", "COPY", "ADD", "WORKDIR"]);

/** Takes one stage through its instructions. */
export function interpretStage(request: StageRequest): InterpretedStage {
  const { entry, table, build, states } = request;
  const parent = entry.parent === undefined ? undefined : states.get(entry.parent);
  const own = request.bases.get(entry.index);
  const base: StagePlan["base"] = parent
    ? { kind: "stage", stage: entry.parent! }
    : (own?.base ?? missing(entry));
  const platform = own?.platform ?? parent!.setting.platform;
  const instructions = entry.replacement ? [] : entry.instructions;
  const counted = instructions.filter(
    ({ instruction, fromTrigger }) => fromTrigger || COUNTED.has(instruction.kind),
  ).length;
  const first = base.kind === "image" || base.kind === "named-context" ? 1 : 0;
  const setting: StageSetting = {
    index: entry.index,
    label: entry.label,
    shownName: table.writtenCount === 1 ? "" : entry.label,
    platform,
    stepTotal: counted + first,
    noCache: request.noCache,
    build,
  };
  if (parent) located(entry.source, () => build.budget.entries(parent.state.variables.content.size));
  let state = parent ? startFromStage(parent.state, platform.os) : startState(base, setting, first);
  for (const { instruction, fromTrigger, sources } of instructions)
    state = interpret(state, {
      instruction,
      fromTrigger,
      sources: sources.map((source) => (source === undefined ? undefined : sourceRef(source, request))),
      stage: setting,
    });
  const shownBase = base.kind === "image" ? base.image.name : entry.base;
  return {
    entry,
    setting,
    state,
    base,
    ...(first > 0 ? { fromStepName: fromStepName(setting, shownBase) } : {}),
  };
}

function startState(
  base: StagePlan["base"],
  { platform, build }: StageSetting,
  position: number,
): StageState {
  const image = base.kind === "image" ? base.image : undefined;
  return startFromImage({
    config: image ? image.config.config : emptyConfig(platform.os),
    ...(image?.config.author ? { author: image.config.author } : {}),
    imagePlatform: image?.config.platform ?? build.targetPlatform,
    os: platform.os,
    position,
  });
}

/** A stage can be read by those below it; images and contexts, also those in the place of a stage, by everybody (SPEC SG-04, OB-05). */
function sourceRef(index: number, { table, entry, bases }: StageRequest): SourceRef {
  const source = table.at(index);
  if (!source.implicit && index < entry.index)
    return { usable: true, input: { kind: "stage", stage: index } };
  if (!source.implicit && !source.replacement) return { usable: false };
  return { usable: true, input: (bases.get(index) ?? missing(source)).base satisfies InputSource };
}

function missing(entry: StageEntry): never {
  throw new SlipwayError("INTERNAL", `the base of ${entry.label} was not resolved`);
}
