import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "./case.ts";
import { compareObservations } from "./compare/compare.ts";
import { type Difference, MISSING } from "./compare/difference.ts";
import { explainDifferences } from "./compare/known.ts";
import { listObservation } from "./compare/listing.ts";
import type { Observation } from "./observation.ts";

/**
 * - `agrees`: no difference
 * - `documented`: only differences that docs/compatibility.md lists
 * - `specified`: this BuildKit is too old for the case, and Slipway does what `expected.txt` or `reason` says
 * - `differs`: a difference that nobody explained
 * - `stale`: a difference was cited that is none any more
 * - `skipped`: a service is missing on this machine
 * - `broken`: the case could not be tried
 */
export type Verdict = "agrees" | "documented" | "specified" | "differs" | "stale" | "skipped" | "broken";

export interface Judgement {
  readonly name: string;
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
  /** Ids of documented differences that occurred, or no longer do in a stale case. */
  readonly ids: readonly string[];
  readonly note?: string;
}

const TOO_OLD =
  /dockerfile parse error on line \d+: unknown flag: --(parents|exclude|unpack|device|security)/;

/** Compares the two results of a case, and its result with `expected.txt` where it has one. */
export function judge(each: Case, buildkit: Observation, slipway: Observation): Judgement {
  const { name } = each;
  const unexpected = compareWithListing(each, slipway);
  if (isTooOld(each, buildkit)) return { name, ...judgeBySpecification(each, slipway, unexpected), ids: [] };
  const all = [...compareObservations(each.spec, buildkit, slipway), ...unexpected];
  const { open, documented, stale } = explainDifferences(each.spec, all);
  if (open.length > 0) return { name, verdict: "differs", differences: open, ids: documented };
  if (stale.length > 0) return { name, verdict: "stale", differences: [], ids: stale };
  return { name, verdict: documented.length > 0 ? "documented" : "agrees", differences: [], ids: documented };
}

/** BuildKit does not know a flag that the case does not mean to be unknown. */
function isTooOld({ spec }: Case, { failure }: Observation): boolean {
  if (!failure || !TOO_OLD.test(failure.cause)) return false;
  return !(spec.reason && new RegExp(spec.reason, "m").test(failure.cause));
}

function judgeBySpecification(
  { spec, folder }: Case,
  slipway: Observation,
  unexpected: readonly Difference[],
): Pick<Judgement, "verdict" | "differences"> {
  const isExpectedFailure = spec.expect === "failure" && spec.reason !== undefined;
  const cause = slipway.failure?.cause ?? "success";
  if (isExpectedFailure) {
    const isRight = new RegExp(spec.reason!, "m").test(cause);
    const differences = [{ where: "outcome", buildkit: "too old", slipway: cause }];
    return isRight ? { verdict: "specified", differences: [] } : { verdict: "differs", differences };
  }
  if (!existsSync(join(folder, "expected.txt")))
    return {
      verdict: "broken",
      differences: [{ where: "expected.txt", buildkit: "too old", slipway: "missing" }],
    };
  return { verdict: unexpected.length > 0 ? "differs" : "specified", differences: unexpected };
}

/** What BuildKit is in these differences is what `expected.txt` says. */
function compareWithListing({ folder }: Case, slipway: Observation): readonly Difference[] {
  const file = join(folder, "expected.txt");
  if (!existsSync(file)) return [];
  const expected = readFileSync(file, "utf8").trimEnd().split("\n");
  const found = listObservation(slipway).trimEnd().split("\n");
  const length = Math.max(expected.length, found.length);
  return Array.from({ length }, (_, index) => ({
    where: `expected.txt line ${index + 1}`,
    buildkit: expected[index] ?? MISSING,
    slipway: found[index] ?? MISSING,
  })).filter(({ buildkit, slipway }) => buildkit !== slipway);
}
