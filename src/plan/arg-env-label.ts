import type {
  ArgInstruction,
  EnvInstruction,
  KeyValue,
  LabelInstruction,
} from "../dockerfile/instructions.ts";
import { type Variable, withConfigEnv, withVariables } from "./environment.ts";
import { expandIn } from "./expansion.ts";
import { argText, pairsText } from "./history-text.ts";
import { warnOfSecret } from "./secret-names.ts";
import { type BuildArg, type Call, configured, type StageState, withBuildArg } from "./stage-state.ts";

/**
 * ARG: build-arg, then default, then global value, else unset (SPEC SC-05, SC-06). Items of one line are applied from left
 * to right, so that later defaults see earlier ones (EX-14).
 */
export function interpretArg(state: StageState, call: Call<ArgInstruction>): StageState {
  let next = state;
  const recorded: BuildArg[] = [];
  for (const { key, value } of call.instruction.args) {
    warnOfSecret(key, call);
    const arg = { key, value: argValue(next, call, { key, value }) };
    recorded.push(arg);
    next = withBuildArg(next, arg);
  }
  return configured(next, next.config, argText(recorded));
}

function argValue(
  state: StageState,
  call: Call<ArgInstruction>,
  { key, value }: BuildArg,
): string | undefined {
  const { buildArgs, globalArgs } = call.stage.build;
  const override = buildArgs.get(key);
  if (override !== undefined) return override;
  return value === undefined ? globalArgs.get(key) : expandIn(state, call, value);
}

/** ENV: written to the stage's variables and to the image config (SPEC CF-04, SC-08). */
export function interpretEnv(state: StageState, call: Call<EnvInstruction>): StageState {
  const pairs = expandPairs(state, call);
  warnOfLegacyFormat(call);
  const variables = pairs.map(({ key, value }): Variable => [key, value]);
  for (const { key } of pairs) warnOfSecret(key, call);
  const Env = variables.reduce(withConfigEnv, state.config.Env ?? []);
  const next = configured(state, { ...state.config, Env }, pairsText("ENV", pairs));
  return { ...next, env: withVariables(state.env, variables) };
}

/** LABEL: the last value of a key wins (SPEC CF-05). */
export function interpretLabel(state: StageState, call: Call<LabelInstruction>): StageState {
  const pairs = expandPairs(state, call);
  warnOfLegacyFormat(call);
  const Labels = Object.fromEntries([
    ...Object.entries(state.config.Labels ?? {}),
    ...pairs.map(({ key, value }) => [key, value]),
  ]);
  return configured(state, { ...state.config, Labels }, pairsText("LABEL", pairs));
}

/** SPEC §7 LegacyKeyValueFormat. */
function warnOfLegacyFormat({ instruction, stage }: Call<EnvInstruction | LabelInstruction>): void {
  const { keyword, legacy } = instruction;
  if (!legacy) return;
  const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
  stage.build.warn("LegacyKeyValueFormat", message, instruction);
}

function expandPairs(state: StageState, call: Call<EnvInstruction | LabelInstruction>): readonly KeyValue[] {
  return call.instruction.pairs.map(({ key, value }) => ({
    key: expandIn(state, call, key),
    value: expandIn(state, call, value),
  }));
}
