import type { EscapeCharacter } from "../dockerfile/directives.ts";

export type { EscapeCharacter };

import {
  type Expanded,
  expandHeredocBody,
  expandWord,
  expandWords,
  reportingUnset,
} from "../dockerfile/expand.ts";
import type { Budget } from "./budget.ts";
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

/** How texts of the global scope are expanded. */
export interface GlobalSetting {
  readonly escape: EscapeCharacter;
  readonly budget: Budget;
}

/** Expands a text of the global scope. Throws EXPANSION_FAILED. */
export function expandText(
  text: string,
  env: Environment,
  { escape, budget }: GlobalSetting,
): GlobalExpansion {
  const used = new Set<string>();
  const lookup = (name: string): string | undefined => {
    const value = env.get(name);
    if (value !== undefined) used.add(name);
    return value;
  };
  const { value, unset } = expandWord(text, lookup, { escape, budget: budget.expansion });
  return { text: value.toWellFormed(), used, unset };
}

/**
 * Expands a text of an instruction in its stage's environment; names without a value are warned of, those with one are put
 * into `used`. Throws EXPANSION_FAILED.
 */
export function expandIn(state: StageState, call: Call, text: string, used?: Set<string>): string {
  const lookup = lookupIn(state);
  const noting = (name: string): string | undefined => {
    const value = lookup(name);
    if (value !== undefined) used?.add(name);
    return value;
  };
  return reported(state, call, () => expandWord(text, used ? noting : lookup, lexerOptions(call)));
}

/** The same for several texts; all see the environment as it was before the instruction (SPEC EX-14). */
export function expandAllIn(state: StageState, call: Call, texts: readonly string[]): readonly string[] {
  return texts.map((text) => expandIn(state, call, text));
}

/** Expands and splits at blanks that no quote protects (SPEC EX-10). Of names without a value nothing is said here, as BuildKit does. */
export function expandWordsIn(state: StageState, call: Call, text: string): readonly string[] {
  return expandWords(text, lookupIn(state), lexerOptions(call)).words;
}

/** Expands the body of a heredoc (SPEC EX-16). */
export function expandBodyIn(state: StageState, call: Call, body: string): string {
  return reported(state, call, () => expandHeredocBody(body, lookupIn(state), lexerOptions(call)));
}

function lexerOptions({ stage }: Call) {
  const { escape, budget } = stage.build;
  return { escape, budget: budget.expansion };
}

function lookupIn(state: StageState): (name: string) => string | undefined {
  const variables = state.variables.content;
  return (name) => variables.get(name);
}

function reported(state: StageState, call: Call, expand: () => Expanded): string {
  const report = (unset: readonly string[]) => reportUnset(state, call, unset);
  const { value, unset } = reportingUnset(expand, report);
  report(unset);
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
