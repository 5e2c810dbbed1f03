import { renderDifference } from "./compare/difference.ts";
import { KNOWN_DIFFERENCES } from "./compare/known.ts";
import { listObservation } from "./compare/listing.ts";
import type { Verdict } from "./judge.ts";
import type { CaseResult } from "./run-case.ts";

/** Differences shown of one case. */
const SHOWN = 12;
const BAD: ReadonlySet<Verdict> = new Set<Verdict>(["differs", "stale", "broken"]);

/** What is said about a case as soon as it is done; nothing about one that agrees. */
export function renderCase(result: CaseResult, show: boolean): string {
  const lines = BAD.has(result.verdict) || result.verdict === "skipped" ? describe(result) : [];
  const listings = show
    ? [
        `${result.name}: ${result.verdict}`,
        `buildkit:\n${result.buildkit ? listObservation(result.buildkit) : ""}`,
        `slipway:\n${result.slipway ? listObservation(result.slipway) : ""}`,
      ]
    : [];
  return [...listings, ...lines].map((line) => `${line}\n`).join("");
}

function describe({ name, verdict, differences, ids, note }: CaseResult): readonly string[] {
  const shown = differences.slice(0, SHOWN).map((difference) => `    ${renderDifference(difference)}`);
  const more = differences.length > SHOWN ? [`    … and ${differences.length - SHOWN} more`] : [];
  const why = [note, verdict === "stale" ? `no longer occurs: ${ids.join(", ")}` : undefined].filter(Boolean);
  return [
    `${verdict.toUpperCase().padEnd(8)} ${name}${why.length > 0 ? `: ${why.join("; ")}` : ""}`,
    ...shown,
    ...more,
  ];
}

/** Documented differences that may occur anywhere, and did nowhere. */
export function unseenDifferences(results: readonly CaseResult[]): readonly string[] {
  const seen = new Set(results.flatMap(({ ids }) => ids));
  return KNOWN_DIFFERENCES.map(({ id }) => id).filter((id) => !seen.has(id));
}

/** The closing lines. */
export function renderSummary(results: readonly CaseResult[], unseen: readonly string[]): string {
  const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  const ids = new Map<string, number>();
  for (const id of results.filter(({ verdict }) => verdict !== "stale").flatMap((result) => result.ids))
    ids.set(id, (ids.get(id) ?? 0) + 1);
  const lines = [
    ...[...ids].sort().map(([id, times]) => `documented difference ${id}: ${times} cases`),
    ...unseen.map((id) => `documented difference ${id} did not occur: is it still true?`),
    `${results.length} cases: ${count("agrees")} agree, ${count("documented")} with documented differences only, ` +
      `${count("specified")} by specification only, ${count("differs")} differ, ${count("stale")} cite what is no more, ` +
      `${count("broken")} broken, ${count("skipped")} skipped`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Whether a run may be called a success. */
export function isClean(results: readonly CaseResult[], unseen: readonly string[]): boolean {
  return unseen.length === 0 && results.every(({ verdict }) => !BAD.has(verdict));
}

/** The report for programs. */
export function renderJson(results: readonly CaseResult[], unseen: readonly string[]): string {
  const cases = results.map(({ buildkit: _b, slipway: _s, ...rest }) => rest);
  return `${JSON.stringify({ cases, unseen }, undefined, 2)}\n`;
}
