import type { Finding } from "./finding.ts";
import { matchesGlob } from "./glob.ts";
import type { Acceptance, Policy } from "./policy.ts";

/** A finding that the policy accepts. */
export interface AcceptedFinding extends Finding {
  readonly acceptance: Acceptance;
}

/** Findings under a policy. */
export interface PolicyOutcome {
  /** What counts; a finding that was accepted once has `lapsed`. */
  readonly findings: readonly Finding[];
  readonly accepted: readonly AcceptedFinding[];
  /** Entries that fit no finding: what they were about is gone, or they are misspelt. */
  readonly unused: readonly Acceptance[];
}

const DAY = 86_400_000;

/**
 * Sorts findings by what the policy says of them. An entry holds until the end of its last day (UTC); after it the finding is one again and says since when.
 * Where several entries fit, one that still holds decides.
 */
export function applyPolicy(findings: readonly Finding[], policy: Policy, now: number): PolicyOutcome {
  const used = new Set<Acceptance>();
  const counted: Finding[] = [];
  const accepted: AcceptedFinding[] = [];
  for (const one of findings) {
    const fitting = policy.accept.filter((entry) => fits(entry, one));
    for (const entry of fitting) used.add(entry);
    const holding = fitting.find((entry) => !isOver(entry, now));
    if (holding) accepted.push({ ...one, acceptance: holding });
    else if (fitting[0]) counted.push({ ...one, lapsed: fitting[0] });
    else counted.push(one);
  }
  return { findings: counted, accepted, unused: policy.accept.filter((entry) => !used.has(entry)) };
}

function fits({ rule, subject }: Acceptance, one: Finding): boolean {
  if (rule !== one.rule) return false;
  const { path } = one.facts;
  return matchesGlob(subject, one.subject) || (typeof path === "string" && matchesGlob(subject, path));
}

function isOver({ until }: Acceptance, now: number): boolean {
  return until !== undefined && now >= Date.parse(`${until}T00:00:00Z`) + DAY;
}
