import type {
  ArgInstruction,
  EnvInstruction,
  KeyValue,
  LabelInstruction,
} from "../dockerfile/instructions.ts";
import { expandIn } from "./expansion.ts";
import { argText, pairsText } from "./history-text.ts";
import { warnOfSecret } from "./secret-names.ts";
import { type Call, configured, type StageState } from "./stage-state.ts";
import type { BuildArg } from "./stage-variables.ts";

/**
 * ARG: build-arg, then default, then global value, else unset (SPEC SC-05, SC-06). Items of one line are applied from left
 * to right, so that later defaults see earlier ones (EX-14).
 */
export function interpretArg(state: StageState, call: Call<ArgInstruction>): StageState {
  let next = state;
  const recorded: BuildArg[] = [];
  for (const { key, value } of call.instruction.args) {
    warnOfSecret(key, call);
    const arg = { key, ...argValue(next, call, { key, value }) };
    recorded.push(arg);
    next = { ...next, variables: next.variables.changed((variables) => variables.setArg(arg)) };
  }
  return configured(next, next.config, argText(recorded), ({ args }) => {
    for (const arg of recorded) args.push(arg);
  });
}

function argValue(
  state: StageState,
  call: Call<ArgInstruction>,
  { key, value }: BuildArg,
): Omit<BuildArg, "key"> {
  const { buildArgs, globalArgs } = call.stage.build;
  const override = buildArgs.get(key);
  if (override !== undefined) return { value: override };
  if (value === undefined) return { value: globalArgs.get(key) };
  const used = new Set<string>();
  return { value: expandIn(state, call, value, used).toWellFormed(), used };
}

/** ENV: written to the stage's variables and to the image config (SPEC CF-04, SC-08). */
export function interpretEnv(state: StageState, call: Call<EnvInstruction>): StageState {
  const pairs = expandPairs(state, call);
  warnOfLegacyFormat(call);
  for (const { key } of pairs) warnOfSecret(key, call);
  const variables = state.variables.changed((content) => {
    for (const { key, value } of pairs) content.setEnv(key, value);
  });
  return { ...configured(state, state.config, pairsText("ENV", pairs)), variables };
}

/** LABEL: the last value of a key wins (SPEC CF-05). */
export function interpretLabel(state: StageState, call: Call<LabelInstruction>): StageState {
  const pairs = expandPairs(state, call);
  warnOfLegacyFormat(call);
  return configured(state, state.config, pairsText("LABEL", pairs), ({ Labels }) => {
    for (const { key, value } of pairs) Labels.set(key, value);
  });
}

/** SPEC §7 LegacyKeyValueFormat. */
function warnOfLegacyFormat({ instruction, stage }: Call<EnvInstruction | LabelInstruction>): void {
  const { keyword, legacy } = instruction;
  if (!legacy) return;
  const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
  stage.build.warn("LegacyKeyValueFormat", message, instruction);
}

/** Values are text: each byte that is not UTF-8 becomes U+FFFD, as BuildKit has it. */
function expandPairs(state: StageState, call: Call<EnvInstruction | LabelInstruction>): readonly KeyValue[] {
  return call.instruction.pairs.map(({ key, value }) => ({
    key: expandIn(state, call, key).toWellFormed(),
    value: expandIn(state, call, value).toWellFormed(),
  }));
}
