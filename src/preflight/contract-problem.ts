import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";

/** One mistake of a contract. Plain data: it travels with the error as one of `facts.problems`. */
export interface ContractProblem {
  readonly source: SourceRange;
  /** From 1. */
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** The error for a contract with these mistakes, all of which it tells, in the order of lines. */
export function contractError(
  file: string,
  text: string,
  problems: readonly ContractProblem[],
): SlipwayError<"PREFLIGHT_INVALID"> {
  const sorted = [...problems].sort((a, b) => a.source.start - b.source.start || a.column - b.column);
  const count = sorted.length === 1 ? "a mistake" : `${sorted.length} mistakes`;
  const lines = sorted.map(
    ({ source, column, message, hint }) =>
      `${file}:${source.start}:${column}: ${message}${hint ? ` (${hint})` : ""}`,
  );
  return new SlipwayError("PREFLIGHT_INVALID", [`the contract ${file} has ${count}`, ...lines].join("\n"), {
    hint: "docs/preflight.md describes contracts; build --no-preflight leaves the file alone",
    facts: { problems: sorted, sourceText: text },
    ...(sorted[0] ? { source: sorted[0].source } : {}),
  });
}
