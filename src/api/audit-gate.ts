import { dirname } from "node:path";
import type { Finding } from "../audit/finding.ts";
import { inOrder } from "../audit/finding.ts";
import { alignHistory, stepsOf } from "../audit/origins.ts";
import type { Policy } from "../audit/policy.ts";
import { policyNotes } from "../audit/report.ts";
import { AUDIT_RULES, type RuleId } from "../audit/rules.ts";
import { isAtLeast, SEVERITIES, type Severity } from "../audit/severity.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { digestOf } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { HardenReport } from "../core/harden-report.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import type { Hardening } from "../harden/profile.ts";
import { auditLayers } from "./audit-layers.ts";
import { readPolicy, underPolicy } from "./audit-policy.ts";
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

type AuditedBuild = PlatformBuild & { readonly hardening: HardenedBuild };

/** What hardening takes away: findings of it would be its own failure. */
const OWN: readonly RuleId[] = ["SetuidFile", "SetgidFile", "FileCapabilities"];
const OWN_OF_STRICT: readonly RuleId[] = [
  ...OWN,
  ...(["RootUser", "SudoPresent", "ShellPresent", "PackageManagerPresent"] as const),
];
/** Other findings as bad as this do not pass. */
const LIMIT = { default: "high", strict: "medium" } as const satisfies Record<string, Severity>;

/**
 * Audits hardened images before any of them has a name or leaves. What passed is not looked at
 * again on the same day (UTC), on which certificates and releases may end. Throws `AUDIT_FAILED` with the findings (`facts.findings`).
 */
export async function passAudit(builds: readonly PlatformBuild[], gate: AuditGate): Promise<void> {
  for (const build of builds.filter(isHardened)) await passOne(build, gate);
}

/**
 * The policy beside the Dockerfile, or in the working directory where the Dockerfile comes from elsewhere (`isLocal`: whether the context is a folder of this machine). Throws
 * `POLICY_INVALID`.
 */
export function policyOfBuild(
  { file, context }: BuildOptions,
  { cwd, isLocal }: { readonly cwd: string; readonly isLocal: boolean },
): Policy | undefined {
  const named = file === undefined || file === "-" ? undefined : dirname(file);
  return readPolicy({ cwd, folder: named ?? (isLocal ? context : undefined) });
}

function isHardened(build: PlatformBuild): build is AuditedBuild {
  return build.hardening !== undefined;
}

async function passOne(build: AuditedBuild, gate: AuditGate): Promise<void> {
  const { label, image, hardening } = build;
  const { session, policy, clock, beforeWork } = gate;
  const id = label === "" ? "audit" : `audit:${label}`;
  const name = label === "" ? "auditing the image" : `auditing the image for ${label}`;
  const day = new Date().toISOString().slice(0, 10);
  const question = ["audit-gate/1", image.manifest.digest, hardening.asked, policy ?? null, AUDIT_RULES, day];
  const key = digestOf(canonicalJson(question));
  const place = `${hardening.slot}/audit`;
  if (session.store.last.get(place)?.toString() === key) return clock.emit({ type: "step.cached", id, name });
  await clock.step(id, name, async () => {
    beforeWork();
    await session.keepContent();
    const log = (text: string) =>
      clock.emit({ type: "step.log", id, stream: "stdout", data: new TextEncoder().encode(`${text}\n`) });
    const failing = await auditOne(build, { ...gate, log });
    if (failing.length > 0) throw refusal(failing);
  });
  session.store.last.put(place, Buffer.from(key));
}

/** The findings that do not pass. */
async function auditOne(
  { label, image, execution, hardening }: AuditedBuild,
  gate: AuditGate & { readonly log: (text: string) => void },
): Promise<readonly Finding[]> {
  const now = Date.now();
  const { config, chain } = image;
  const steps = stepsOf(config, alignHistory(config, gate.dockerfile, gate.options.target));
  const name = label || "image";
  const { findings, sizes } = await auditLayers({
    name,
    config,
    access: execution.access,
    chain,
    steps,
    now,
  });
  const report = underPolicy({ target: name, findings: inOrder(findings), sizes }, gate.policy, now);
  for (const note of policyNotes(report)) gate.log(note);
  const accepted = report.policy?.accepted.length ?? 0;
  gate.log(countsText(report.findings) + (accepted > 0 ? `, ${accepted} accepted` : ""));
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
