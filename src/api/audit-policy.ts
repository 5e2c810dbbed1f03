import { lstatSync, readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { applyPolicy } from "../audit/apply-policy.ts";
import { inOrder } from "../audit/finding.ts";
import { type Policy, parsePolicy } from "../audit/policy.ts";
import { POLICY_FILE } from "../audit/policy-file.ts";
import type { AuditReport } from "../audit/report.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";

export interface PolicyChoice {
  /** A file; `false`: none. Default: `.slipway-audit.yaml` in `folder`, where there is one. */
  readonly policy?: string | false | undefined;
  /** Where the Dockerfile is, from `cwd`; default: `cwd` itself. */
  readonly folder?: string | undefined;
  readonly cwd: string;
}

/**
 * The policy that an audit goes by. Undefined where there is none and none was asked for. Throws `POLICY_INVALID` where it has mistakes, cannot be read, or
 * was named and is not there: what is accepted is never guessed.
 */
export function readPolicy({ policy, folder = "", cwd }: PolicyChoice): Policy | undefined {
  if (policy === false) return undefined;
  const path = policy === undefined ? resolve(cwd, folder, POLICY_FILE) : resolve(cwd, policy);
  const name = policy ?? (relative(cwd, path) || path);
  const text = readText(path, name, policy === undefined);
  return text === undefined ? undefined : parsePolicy(text, name);
}

function readText(path: string, name: string, isOptional: boolean): string | undefined {
  try {
    // What was named may be a pipe of the shell; a default that is no file is a mistake, and reading it might never end.
    if (isOptional && !statSync(path).isFile()) throw unreadable(name, "it is not a file");
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    const isMissing = systemErrorCode(error) === "ENOENT";
    if (isMissing && isOptional && !isDangling(path)) return undefined;
    const missing = isOptional ? "it is a link to nothing" : "there is no such file";
    throw unreadable(name, isMissing ? missing : (error as Error).message, isMissing ? undefined : error);
  }
}

/** A link to nothing: somebody wants a policy here. */
function isDangling(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function unreadable(name: string, why: string, cause?: unknown): SlipwayError {
  return new SlipwayError("POLICY_INVALID", `cannot read the policy ${name}: ${why}`, {
    cause,
    hint: "mend it, name another with --policy, or leave it out with --no-policy",
    source: { file: name, start: 1, end: 1 },
  });
}

/** The report with what the policy accepts set apart. `now` is when the audit took place, in milliseconds since the epoch. */
export function underPolicy(report: AuditReport, policy: Policy | undefined, now: number): AuditReport {
  if (!policy) return report;
  const { findings, accepted, unused } = applyPolicy(report.findings, policy, now);
  return {
    ...report,
    findings: inOrder(findings),
    policy: { file: policy.file, accepted: inOrder(accepted), unused },
  };
}
