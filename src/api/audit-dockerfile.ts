import { dirname } from "node:path";
import { auditDockerfile as examine } from "../audit/dockerfile/audit-dockerfile.ts";
import { inOrder } from "../audit/finding.ts";
import type { AuditReport } from "../audit/report.ts";
import { readPolicy, underPolicy } from "./audit-policy.ts";
import { type DockerfileRequest, openAuditedDockerfile, readDockerfileFile } from "./audited-dockerfile.ts";
import type { Environment } from "./environment.ts";
import { storedConfigs } from "./stored-configs.ts";

export interface DockerfileAuditOptions extends Omit<DockerfileRequest, "cwd" | "baseConfigs"> {
  /** As of `auditImage`. */
  readonly policy?: string | false;
}

/**
 * Looks for what is dangerous in a Dockerfile, without building it and without asking a registry. Throws what reading and parsing it throws, `LOCK_INVALID`,
 * and `POLICY_INVALID`.
 */
export async function auditDockerfile(
  options: DockerfileAuditOptions,
  environment: Environment,
): Promise<AuditReport> {
  const { cwd } = environment;
  const folder = dirname(readDockerfileFile(options.dockerfile, cwd).path);
  const policy = readPolicy({ policy: options.policy, cwd, folder });
  const { file, subject, sourceFindings } = await openAuditedDockerfile({
    ...options,
    cwd,
    baseConfigs: (names) => storedConfigs(names, environment),
  });
  const now = Date.now();
  const findings = inOrder([...examine(subject, now), ...sourceFindings]);
  return underPolicy({ target: file.name, findings, sizes: [] }, policy, now);
}
