import type { AcceptedFinding } from "./apply-policy.ts";
import type { LayerSize } from "./audit-image.ts";
import { type Finding, fingerprint } from "./finding.ts";
import type { Acceptance } from "./policy.ts";
import { isAtLeast, SEVERITIES, type Severity } from "./severity.ts";

export const AUDIT_FORMATS = ["text", "json", "sarif"] as const;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

/** What an audit came to: findings in order, the worst first. */
export interface AuditReport {
  readonly target: string;
  readonly findings: readonly Finding[];
  readonly sizes: readonly LayerSize[];
  /** What a policy said; undefined where there is none. */
  readonly policy?: PolicyReport;
}

export interface PolicyReport {
  readonly file: string;
  readonly accepted: readonly AcceptedFinding[];
  /** Entries that accept nothing. */
  readonly unused: readonly Acceptance[];
}

/** Whether a finding is one that `--fail-on` names, by severity or by rule. */
export function failsOn({ severity, rule }: Finding, words: readonly string[]): boolean {
  return words.some((word) => word === rule || (isSeverity(word) && isAtLeast(severity, word)));
}

export function isSeverity(word: string): word is Severity {
  return (SEVERITIES as readonly string[]).includes(word);
}

export function jsonReport({ target, findings, sizes, policy }: AuditReport): string {
  const told = <T extends Finding>(ones: readonly T[]) =>
    ones.map((one) => ({ ...one, fingerprint: fingerprint(one) }));
  const report = {
    target,
    findings: told(findings),
    ...(policy ? { policy: { ...policy, accepted: told(policy.accepted) } } : {}),
    layers: sizes,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** What is to be said of a policy besides the findings that it accepts, in lines for people. */
export function policyNotes({ findings, policy }: AuditReport): readonly string[] {
  const lapsed = findings.flatMap(({ rule, subject, lapsed: was }) =>
    was
      ? [
          `${place(was)}: ${rule} of ${subject} is accepted no longer, since ${was.until} is over: ${was.reason}`,
        ]
      : [],
  );
  const unused = (policy?.unused ?? []).map(
    (entry) => `${place(entry)}: nothing is found that ${entry.rule} ${entry.subject} would accept`,
  );
  return [...lapsed, ...unused];
}

function place({ source }: Acceptance): string {
  return `${source.file}:${source.start}`;
}
