import { dirname } from "node:path";
import { inOrder } from "../audit/finding.ts";
import { alignHistory, stepsOf } from "../audit/origins.ts";
import type { AuditReport } from "../audit/report.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import { hostPlatform, type Platform } from "../core/platform.ts";
import { imageChain } from "../execute/chain.ts";
import type { ImageConfig } from "../image/config.ts";
import { withArchiveImage } from "./archive-image.ts";
import { auditLayers } from "./audit-layers.ts";
import { readPolicy, underPolicy } from "./audit-policy.ts";
import { type OpenDockerfile, openAuditedDockerfile } from "./audited-dockerfile.ts";
import type { Environment } from "./environment.ts";
import { meansArchive } from "./image-path.ts";
import { findImage, openImage, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { makeAvailable } from "./make-available.ts";
import { namingDamage } from "./name-damage.ts";
import type { Session } from "./session.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

export interface AuditOptions {
  /** Name or id of an image, or the path of an archive (`docker save`, OCI) or OCI layout: nothing of it stays in the store. */
  readonly image: string;
  /** The Dockerfile that it was built of: findings then have lines. */
  readonly dockerfile?: string;
  /** The stage of it that the image is; default: the last one. */
  readonly target?: string;
  /** What it was built with: names of bases may depend on it. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** A file of accepted findings (docs/audit.md); `false`: none. Default: `.slipway-audit.yaml` beside the Dockerfile, or in the working directory. */
  readonly policy?: string | false;
  readonly platform?: Platform;
  readonly pull?: "always" | "missing" | "never";
  readonly signal?: AbortSignal;
}

/**
 * Looks for what is dangerous or wasteful in an image. Nothing is unpacked. Throws `IMAGE_NOT_FOUND`, `LAYER_INVALID` and `DIGEST_MISMATCH` where a layer is
 * broken: there is no report of a part of an image; `POLICY_INVALID`. An ordinary user's layers are read in a user namespace, where there is one.
 */
export async function auditImage(options: AuditOptions, environment: Environment): Promise<AuditReport> {
  const { dockerfile } = options;
  const policy = readPolicy({
    policy: options.policy,
    cwd: environment.cwd,
    folder: dockerfile === undefined ? undefined : dirname(dockerfile),
  });
  return underPolicy(await findingsOf(options, environment), policy, Date.now());
}

async function findingsOf(options: AuditOptions, environment: Environment): Promise<AuditReport> {
  if (!meansArchive(options.image, environment)) await makeAvailable(options, environment);
  const { signal, ...plain } = options;
  if (environment.uid === 0 || !userNamespaceAvailable(environment).available)
    return auditHere(options, environment);
  const call = { operation: "audit", options: plain, environment, ...(signal ? { signal } : {}) };
  return (await inUserNamespace(call)) as AuditReport;
}

/** The same, in this process and with what it may do; without a policy. */
export function auditHere(options: AuditOptions, environment: Environment): Promise<AuditReport> {
  const { image: name, signal } = options;
  if (meansArchive(name, environment))
    return withArchiveImage({ source: name, signal }, environment, (session, root) =>
      auditOpened(session, root, options),
    );
  return withSession(environment, async (session) =>
    auditOpened(session, findImage(session.store, name), options),
  );
}

async function auditOpened(session: Session, root: Descriptor, options: AuditOptions): Promise<AuditReport> {
  const { image: name, platform = hostPlatform(), dockerfile, signal } = options;
  const { config, manifest } = await openImage(session, root, platform);
  const open =
    dockerfile === undefined
      ? undefined
      : await openAuditedDockerfile({ ...options, dockerfile, cwd: session.environment.cwd });
  const steps = stepsOf(config, open && sourcesOf(config, open, options.target));
  const access = layerAccess(session, signal);
  const chain = imageChain(config.diffIds, manifest.layers);
  const layers = { name, config, access, chain, steps, now: Date.now() };
  const { findings, sizes } = await namingDamage(name, () => auditLayers(layers));
  return { target: name, findings: inOrder([...findings, ...(open?.sourceFindings ?? [])]), sizes };
}

function sourcesOf(config: ImageConfig, { subject, file }: OpenDockerfile, target?: string) {
  const sources = alignHistory(config, subject.dockerfile, target);
  if (sources) return sources;
  throw new SlipwayError(
    "USAGE",
    `the image was not built of ${file.name}: its history has other instructions`,
    {
      hint: "leave --file out, name the stage with --target, or build the image again",
    },
  );
}
