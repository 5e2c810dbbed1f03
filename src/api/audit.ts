import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { auditImage as examine } from "../audit/audit-image.ts";
import type { AuditedImage } from "../audit/audited-image.ts";
import { inOrder } from "../audit/finding.ts";
import { alignHistory, stepsOf } from "../audit/origins.ts";
import type { AuditReport } from "../audit/report.ts";
import { SlipwayError } from "../core/errors.ts";
import { hostPlatform, type Platform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { imageChain } from "../execute/chain.ts";
import type { ImageConfig } from "../image/config.ts";
import { LayerTree } from "../layer/tree.ts";
import { readPolicy, underPolicy } from "./audit-policy.ts";
import type { Environment } from "./environment.ts";
import { findImage, openImage, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { makeAvailable } from "./make-available.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

export interface AuditOptions {
  /** Name or id of an image. */
  readonly image: string;
  /** The Dockerfile that it was built of: findings then have lines. */
  readonly dockerfile?: string;
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
  await makeAvailable(options, environment);
  const { signal, ...plain } = options;
  if (environment.uid === 0 || !userNamespaceAvailable(environment).available)
    return auditHere(options, environment);
  const call = { operation: "audit", options: plain, environment, ...(signal ? { signal } : {}) };
  return (await inUserNamespace(call)) as AuditReport;
}

/** The same, in this process and with what it may do; without a policy. */
export function auditHere(options: AuditOptions, environment: Environment): Promise<AuditReport> {
  const { image: name, platform, dockerfile, signal } = options;
  return withSession(environment, async (session) => {
    const opened = await openImage(session, findImage(session.store, name), platform ?? hostPlatform());
    const { config, manifest } = opened;
    const sources = dockerfile === undefined ? undefined : sourcesOf(config, dockerfile, environment.cwd);
    const steps = stepsOf(config, sources);
    const access = layerAccess(session, signal);
    const chain = imageChain(config.diffIds, manifest.layers);
    const layers = (await access.layers(chain)).map(({ toc }, index) => {
      const diffId = config.diffIds[index]!;
      const origin = steps.find((step) => step.origin.layer === index)?.origin ?? { layer: index, diffId };
      return { index, diffId, toc, origin };
    });
    const audited: AuditedImage = {
      name,
      config,
      layers,
      tree: new LayerTree(layers.map(({ toc }) => toc)),
      contents: (layer, wanted) => access.contents(chain, layer, wanted),
      now: Date.now(),
    };
    const { findings, sizes } = await examine(audited, steps);
    return { target: name, findings: inOrder(findings), sizes };
  });
}

function sourcesOf(config: ImageConfig, file: string, cwd: string): readonly (SourceRange | undefined)[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(cwd, file));
  } catch (cause) {
    throw new SlipwayError("DOCKERFILE_NOT_FOUND", `cannot read ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const sources = alignHistory(config, parseDockerfile(bytes, file, { check: "" }));
  if (sources) return sources;
  throw new SlipwayError("USAGE", `the image was not built of ${file}: its history has other instructions`, {
    hint: "leave --file out, or build the image again",
  });
}
