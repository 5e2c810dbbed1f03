import { isSlipwayError } from "../core/errors.ts";
import type { ParsedStage } from "../dockerfile/instructions.ts";
import type { Warn } from "../dockerfile/linter.ts";
import { referenceIfValid } from "../image/reference.ts";
import { Budget } from "./budget.ts";
import { expandText } from "./expansion.ts";
import { evaluateGlobalArgs, type GlobalScopeRequest } from "./global-scope.ts";

/**
 * SPEC §7 InvalidDefaultArgInFrom: bases whose names are empty or malformed with no build argument given; all stages are
 * looked at before anything else of them is. Says nothing where the defaults cannot be evaluated: who builds that is told then.
 */
export function warnOfDefaultBases(
  stages: readonly ParsedStage[],
  globals: GlobalScopeRequest,
  warn: Warn,
): void {
  const own = { ...globals, buildArgs: new Map(), budget: new Budget() };
  const defaults = evaluable(() => evaluateGlobalArgs(own));
  if (!defaults) return;
  for (const { from } of stages) {
    const isName = evaluable(
      () => referenceIfValid(expandText(from.image, defaults, own).text) !== undefined,
    );
    if (isName === undefined) return;
    if (isName) continue;
    const message = `Default value for ARG ${from.image} results in empty or invalid base image name`;
    warn("InvalidDefaultArgInFrom", message, from);
  }
}

/** Undefined where an expansion fails (`ARG A=${B:?}`). */
function evaluable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isSlipwayError(error, "EXPANSION_FAILED")) return undefined;
    throw error;
  }
}
