import type { EscapeCharacter } from "../dockerfile/directives.ts";

export type { EscapeCharacter };

import { type Expanded, expandHeredocBody, expandWord, expandWords } from "../dockerfile/expand.ts";
import { didYouMean, nearestVariable } from "./did-you-mean.ts";
import type { Environment } from "./environment.ts";
import { NON_ENVIRONMENT_ARGS } from "./predefined-args.ts";
import type { Call, StageState } from "./stage-state.ts";

export interface GlobalExpansion {
  readonly text: string;
  /** Variables that had a value. */
  readonly used: ReadonlySet<string>;
  /** Variables that had none. */
  readonly unset: readonly string[];
}

/** Expands a text of the global scope. Throws EXPANSION_FAILED. */
export function expandText(text: string, env: Environment, escape: EscapeCharacter): GlobalExpansion {
  const used = new Set<string>();
  const lookup = (name: string): string | undefined => {
    const value = env.get(name);
    if (value !== undefined) used.add(name);
    return value;
  };
  const { value, unset } = expandWord(text, lookup, { escape });
  return { text: value, used, unset };
}

/** Expands a text of an instruction in its stage's environment; names without a value are warned of. Throws EXPANSION_FAILED. */
export function expandIn(state: StageState, call: Call, text: string): string {
  return reported(state, call, expandWord(text, lookupIn(state), { escape: call.stage.build.escape }));
}

/** The same for several texts; all see the environment as it was before the instruction (SPEC EX-14). */
export function expandAllIn(state: StageState, call: Call, texts: readonly string[]): readonly string[] {
  return texts.map((text) => expandIn(state, call, text));
}

/** Expands and splits at blanks that no quote protects (SPEC EX-10). */
export function expandWordsIn(state: StageState, call: Call, text: string): readonly string[] {
  const { words, unset } = expandWords(text, lookupIn(state), { escape: call.stage.build.escape });
  for (const word of words) call.stage.build.budget.characters(word.length);
  reportUnset(state, call, unset);
  return words;
}

/** Expands the body of a heredoc (SPEC EX-16). */
export function expandBodyIn(state: StageState, call: Call, body: string): string {
  return reported(state, call, expandHeredocBody(body, lookupIn(state)));
}

function lookupIn(state: StageState): (name: string) => string | undefined {
  const variables = state.variables.content;
  return (name) => variables.get(name);
}

function reported(state: StageState, call: Call, { value, unset }: Expanded): string {
  call.stage.build.budget.characters(value.length);
  reportUnset(state, call, unset);
  return value;
}

/** SPEC §7 UndefinedVar: a name without a value that is no ARG of the stage. */
function reportUnset(state: StageState, call: Call, unset: readonly string[]): void {
  if (unset.length === 0) return;
  const variables = state.variables.content;
  for (const name of unset) {
    if (variables.isArgument(name) || NON_ENVIRONMENT_ARGS.has(name)) continue;
    const candidate = nearestVariable(name, variables);
    call.stage.build.warn(
      "UndefinedVar",
      `Usage of undefined variable '$${name}'${didYouMean(candidate, "$")}`,
      call.instruction,
    );
  }
}
