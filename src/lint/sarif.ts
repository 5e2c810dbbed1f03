import { createHash } from "node:crypto";
import { type SarifResult, type SarifRule, sarifLog } from "../sarif/sarif-log.ts";
import type { LintFinding } from "./finding.ts";

const LEVELS = { warning: "warning", info: "note" } as const;

/** What a lint came to. */
export interface LintReport {
  readonly findings: readonly LintFinding[];
  /** Text of the Dockerfile. */
  readonly text: string;
  /** Why a build would fail, in words. */
  readonly problem?: string;
}

/** SARIF 2.1.0: every rule that spoke, the lines of each finding; why a build would fail is a notification. */
export function lintSarif({ findings, text, problem }: LintReport, version: string): string {
  const lines = text.split(/\r?\n/);
  const rules = new Map(findings.map((finding) => [finding.rule, sarifRule(finding)]));
  const seen = new Map<string, number>();
  const results = findings.map((finding): SarifResult => {
    const { rule, severity, message, fix, source } = finding;
    const print = fingerprint(finding, lines);
    // Two findings that say the same of equal instructions are two.
    const count = (seen.get(print) ?? 0) + 1;
    seen.set(print, count);
    return {
      rule,
      level: LEVELS[severity],
      message: `${message}.${fix === undefined ? "" : ` Fix: ${fix}`}`,
      path: source.file,
      lines: source,
      fingerprints: { "slipwayLint/v1": `${print}:${count}` },
    };
  });
  const notes = problem === undefined ? [] : [problem];
  return sarifLog({ version, rules: [...rules.values()], results, notes });
}

function sarifRule({ rule, severity, description, fix, page }: LintFinding): SarifRule {
  return {
    id: rule,
    title: description,
    description,
    level: LEVELS[severity],
    ...(fix === undefined ? {} : { help: fix }),
    ...(page?.startsWith("https:") ? { helpUri: page } : {}),
  };
}

/** Of rule, message and instruction: lines above may come and go. */
function fingerprint({ rule, message, source }: LintFinding, lines: readonly string[]): string {
  const instruction = lines.slice(source.start - 1, source.end).join("\n");
  return createHash("sha256").update(`${rule}\0${message}\0${instruction}`).digest("hex").slice(0, 32);
}
