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
  const ids = [...new Set(told.map(({ rule }) => rule))];
  const notes = policyNotes(report).map((text) => ({ level: "warning", message: { text } }));
  const run = {
    tool: { driver: { name: "slipway", version, rules: ids.map(sarifRule) } },
    invocations: [
      { executionSuccessful: true, ...(notes.length > 0 ? { toolExecutionNotifications: notes } : {}) },
    ],
    results: told.map((one) => ({
      ruleId: one.rule,
      ruleIndex: ids.indexOf(one.rule),
      level: LEVELS[one.severity],
      message: { text: `${one.message}. Fix: ${one.fix}` },
      locations: [sarifLocation(one, target)],
      partialFingerprints: { "slipwayAudit/v1": fingerprint(one) },
      // Where some results have it, all have to (SARIF 3.27.23).
      ...(policy ? { suppressions: suppressions(one) } : {}),
      properties: { severity: one.severity, subject: one.subject, ...one.facts },
    })),
  };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, null, 2)}\n`;
}

function suppressions(one: Finding | AcceptedFinding) {
  if (!("acceptance" in one)) return [];
  const { source, reason } = one.acceptance;
  const physicalLocation = {
    artifactLocation: { uri: encodeURI(source.file.toWellFormed()) },
    region: { startLine: source.start },
  };
  return [{ kind: "external", status: "accepted", justification: reason, location: { physicalLocation } }];
}

function sarifRule(id: RuleId) {
  const { title, description, severity } = AUDIT_RULES[id];
  return {
    id,
    name: id,
    shortDescription: { text: title },
    fullDescription: { text: description },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { "security-severity": SECURITY[severity] },
  };
}

function sarifLocation({ origin, subject, facts }: Finding, target: string) {
  const inImage = typeof facts.path === "string" ? facts.path : subject;
  const { source } = origin;
  const uri = source ? source.file : inImage.replace(/^\/+/, "") || target;
  const region = source ? { region: { startLine: source.start, endLine: source.end } } : {};
  return {
    physicalLocation: { artifactLocation: { uri: encodeURI(uri.toWellFormed()) }, ...region },
    logicalLocations: [{ fullyQualifiedName: `${target}: ${subject}` }],
  };
}
