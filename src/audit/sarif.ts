import { type SarifResult, type SarifRule, type SarifSuppression, sarifLog } from "../sarif/sarif-log.ts";
import type { AcceptedFinding } from "./apply-policy.ts";
import { type Finding, fingerprint } from "./finding.ts";
import { type AuditReport, policyNotes } from "./report.ts";
import { AUDIT_RULES, type RuleId } from "./rules.ts";

const LEVELS = { critical: "error", high: "error", medium: "warning", low: "note", info: "note" } as const;
const SECURITY = { critical: "9.5", high: "8.0", medium: "5.5", low: "2.5", info: "0.0" } as const;

/**
 * SARIF 2.1.0: one run, every rule that spoke, a place for each finding (the Dockerfile's lines, else the path in the image). What a policy accepts is there,
 * too, suppressed with its reason; what it says of itself is a notification.
 */
export function sarifReport(report: AuditReport, version: string): string {
  const { findings, policy, target } = report;
  const told: readonly (Finding | AcceptedFinding)[] = [...findings, ...(policy?.accepted ?? [])];
  const rules = [...new Set(told.map(({ rule }) => rule))].map(sarifRule);
  const results = told.map((one) => ({
    ...sarifResult(one, target),
    ...(policy ? { suppressions: suppressions(one) } : {}),
  }));
  return sarifLog({ version, rules, results, notes: policyNotes(report) });
}

function suppressions(one: Finding | AcceptedFinding): readonly SarifSuppression[] {
  if (!("acceptance" in one)) return [];
  const { source, reason } = one.acceptance;
  return [{ reason, path: source.file, line: source.start }];
}

function sarifRule(id: RuleId): SarifRule {
  const { title, description, severity } = AUDIT_RULES[id];
  const properties = { "security-severity": SECURITY[severity] };
  return { id, title, description, level: LEVELS[severity], properties };
}

function sarifResult(one: Finding, target: string): SarifResult {
  const { rule, severity, message, fix, subject, facts } = one;
  const inImage = typeof facts.path === "string" ? facts.path : subject;
  const { source } = one.origin;
  return {
    rule,
    level: LEVELS[severity],
    message: `${message}. Fix: ${fix}`,
    path: source ? source.file : inImage.replace(/^\/+/, "") || target,
    ...(source ? { lines: source } : {}),
    about: `${target}: ${subject}`,
    fingerprints: { "slipwayAudit/v1": fingerprint(one) },
    properties: { severity, subject, ...facts },
  };
}
