import type { LayerSize } from "./audit-image.ts";
import { type Finding, fingerprint } from "./finding.ts";
import { AUDIT_RULES, type RuleId } from "./rules.ts";
import { isAtLeast, SEVERITIES, type Severity } from "./severity.ts";

export const AUDIT_FORMATS = ["text", "json", "sarif"] as const;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

/** What an audit came to: findings in order, the worst first. */
export interface AuditReport {
  readonly target: string;
  readonly findings: readonly Finding[];
  readonly sizes: readonly LayerSize[];
}

/** Whether a finding is one that `--fail-on` names, by severity or by rule. */
export function failsOn({ severity, rule }: Finding, words: readonly string[]): boolean {
  return words.some((word) => word === rule || (isSeverity(word) && isAtLeast(severity, word)));
}

export function isSeverity(word: string): word is Severity {
  return (SEVERITIES as readonly string[]).includes(word);
}

export function jsonReport({ target, findings, sizes }: AuditReport): string {
  const told = findings.map((one) => ({ ...one, fingerprint: fingerprint(one) }));
  return `${JSON.stringify({ target, findings: told, layers: sizes }, null, 2)}\n`;
}

const LEVELS = { critical: "error", high: "error", medium: "warning", low: "note", info: "note" } as const;
const SECURITY = { critical: "9.5", high: "8.0", medium: "5.5", low: "2.5", info: "0.0" } as const;

/** SARIF 2.1.0: one run, every rule that spoke, a place for each finding (the Dockerfile's lines, else the path in the image). */
export function sarifReport({ target, findings }: AuditReport, version: string): string {
  const ids = [...new Set(findings.map(({ rule }) => rule))];
  const run = {
    tool: { driver: { name: "slipway", version, rules: ids.map(sarifRule) } },
    results: findings.map((one) => ({
      ruleId: one.rule,
      ruleIndex: ids.indexOf(one.rule),
      level: LEVELS[one.severity],
      message: { text: `${one.message}. Fix: ${one.fix}` },
      locations: [sarifLocation(one, target)],
      partialFingerprints: { "slipwayAudit/v1": fingerprint(one) },
      properties: { severity: one.severity, subject: one.subject, ...one.facts },
    })),
  };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, null, 2)}\n`;
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
