import { lstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Policy } from "../audit/policy.ts";
import { POLICY_FILE } from "../audit/policy-file.ts";
import { AUDIT_RULES } from "../audit/rules.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { digestOf } from "../core/digest.ts";
import type { AuditedBuild, AuditGate } from "./audit-hardened.ts";
import type { BuildContexts } from "./build-contexts.ts";
import type { PlatformBuild } from "./build-run.ts";

/**
 * Audits hardened images before any of them has a name or leaves. What passed is not looked at
 * again on the same day (UTC), on which certificates and releases may end. Throws `AUDIT_FAILED` with the findings (`facts.findings`).
 */
export async function passAudit(builds: readonly PlatformBuild[], gate: AuditGate): Promise<void> {
  for (const build of builds.filter(isHardened)) await passOne(build, gate);
}

/** The policy beside the Dockerfile, or in the working directory where that is no file of this machine, whatever its name. Throws `POLICY_INVALID`. */
export async function policyOfBuild(
  { isLocal, dockerfile }: Pick<BuildContexts, "isLocal" | "dockerfile">,
  cwd: string,
): Promise<Policy | undefined> {
  const { path } = await dockerfile();
  const folder = isLocal && path !== undefined ? dirname(path) : undefined;
  // Most builds have none, and need no reader of YAML.
  if (!lstatSync(resolve(cwd, folder ?? "", POLICY_FILE), { throwIfNoEntry: false })) return undefined;
  const { readPolicy } = await import("./audit-policy.ts");
  return readPolicy({ cwd, folder });
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
    const { requireNoFindings } = await import("./audit-hardened.ts");
    await requireNoFindings(build, { ...gate, log });
  });
  session.store.last.put(place, Buffer.from(key));
}
