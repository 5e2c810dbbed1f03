import { type Finding, inOrder } from "../audit/finding.ts";
import { alignHistory, stepsOf } from "../audit/origins.ts";
import type { Policy } from "../audit/policy.ts";
import { policyNotes } from "../audit/report.ts";
import type { RuleId } from "../audit/rules.ts";
import { isAtLeast, SEVERITIES, type Severity } from "../audit/severity.ts";
import { SlipwayError } from "../core/errors.ts";
import type { HardenReport } from "../core/harden-report.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { Hardening } from "../harden/profile.ts";
import { auditLayers } from "./audit-layers.ts";
import { underPolicy } from "./audit-policy.ts";
import type { BuildClock } from "./build-clock.ts";
import type { BuildOptions } from "./build-options.ts";
import type { HardenedBuild, PlatformBuild } from "./build-run.ts";
import type { Session } from "./session.ts";

export interface AuditGate {
  readonly session: Session;
  readonly options: BuildOptions;
  /** For the lines of findings. */
  readonly dockerfile: ParsedDockerfile;
  readonly policy: Policy | undefined;
  readonly clock: BuildClock;
  /** Called before anything has to be read; may refuse. */
  readonly beforeWork: () => void;
}

/** What an audit is told for people. */
export interface OpenAudit extends AuditGate {
  readonly log: (text: string) => void;
}

export type AuditedBuild = PlatformBuild & { readonly hardening: HardenedBuild };

/** What hardening takes away: findings of it would be its own failure. */
const OWN: readonly RuleId[] = ["SetuidFile", "SetgidFile", "FileCapabilities"];
const OWN_OF_STRICT: readonly RuleId[] = [
  ...OWN,
  ...(["RootUser", "SudoPresent", "ShellPresent", "PackageManagerPresent"] as const),
];
/** Other findings as bad as this do not pass. */
const LIMIT = { default: "high", strict: "medium" } as const satisfies Record<string, Severity>;

/** Throws `AUDIT_FAILED` with the findings that a hardened image must not have. */
export async function requireNoFindings(build: AuditedBuild, audit: OpenAudit): Promise<void> {
  const failing = await failingFindings(build, audit);
  if (failing.length > 0) throw refusal(failing);
}

async function failingFindings(
  { label, image, execution, hardening }: AuditedBuild,
  audit: OpenAudit,
): Promise<readonly Finding[]> {
  const now = Date.now();
  const { config, chain } = image;
  const steps = stepsOf(config, alignHistory(config, audit.dockerfile, audit.options.target));
  const name = label || "image";
  const { findings, sizes } = await auditLayers({
    name,
    config,
    access: execution.access,
    chain,
    steps,
    now,
  });
  const report = underPolicy({ target: name, findings: inOrder(findings), sizes }, audit.policy, now);
  for (const note of policyNotes(report)) audit.log(note);
  const accepted = report.policy?.accepted.length ?? 0;
  audit.log(countsText(report.findings) + (accepted > 0 ? `, ${accepted} accepted` : ""));
  const kept = keptPaths(hardening.report);
  return report.findings.filter((one) => !passes(one, hardening.asked, kept));
}

function passes(one: Finding, { profile }: Hardening, kept: ReadonlySet<string>): boolean {
  const own = profile === "strict" ? OWN_OF_STRICT : OWN;
  if (!own.includes(one.rule)) return !isAtLeast(one.severity, LIMIT[profile]);
  const { path, paths } = one.facts;
  const about = Array.isArray(paths) ? paths : [path ?? one.subject];
  return about.every((each) => kept.has(String(each)));
}

function keptPaths({ changes }: HardenReport): ReadonlySet<string> {
  return new Set(changes.flatMap(({ action, path }) => (action === "keep" ? [path] : [])));
}

function countsText(findings: readonly Finding[]): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count > 0 ? [`${count} ${severity}`] : [];
  });
  return counts.length > 0 ? `findings: ${counts.join(", ")}` : "nothing found";
}

function refusal(findings: readonly Finding[]): SlipwayError<"AUDIT_FAILED"> {
  const lines = findings.map(({ severity, rule, message }) => `  ${severity} ${rule}: ${message}`);
  const source = findings.find(({ origin }) => origin.source)?.origin.source;
  return new SlipwayError(
    "AUDIT_FAILED",
    ["the hardened image did not pass its audit:", ...lines].join("\n"),
    {
      facts: { findings },
      hint: "nothing was named, exported or pushed; `slipway audit` has a remedy for each, and .slipway-audit.yaml accepts findings with a reason",
      ...(source ? { source } : {}),
    },
  );
}
