import { SlipwayError } from "../core/errors.ts";
import type { Environment } from "./environment.ts";
import type { PlanOptions } from "./options.ts";

export const EPOCH_ARG = "SOURCE_DATE_EPOCH";

/** SOURCE_DATE_EPOCH in seconds: a number, `context`, or a named context (SPEC EP-01, EP-02). Undefined where it is not set. Throws USAGE. */
export async function resolveEpoch(
  globalArgs: Environment,
  options: PlanOptions,
): Promise<number | undefined> {
  const value = options.buildArgs.get(EPOCH_ARG) ?? globalArgs.get(EPOCH_ARG);
  if (!value) return undefined;
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  if (value === "context") return options.sourceTime?.({ kind: "context" });
  if (options.namedContexts.has(value)) return options.sourceTime?.({ kind: "named-context", name: value });
  throw new SlipwayError("USAGE", `invalid SOURCE_DATE_EPOCH: ${value}`, {
    hint: "give whole seconds since 1970, or `context`",
  });
}
