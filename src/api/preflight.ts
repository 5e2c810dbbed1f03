import { isSlipwayError } from "../core/errors.ts";
import { hostPlatform } from "../core/platform.ts";
import { contractIn } from "../preflight/contract-label.ts";
import type { PreflightReport } from "../preflight/finding.ts";
import type { Environment } from "./environment.ts";
import { lookAt, withSession } from "./images.ts";
import type { PreflightOptions } from "./preflight-options.ts";
import { pull } from "./transfer.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

const NOTHING_TO_CHECK: PreflightReport = { hasContract: false, findings: [] };

/**
 * Tells whether an image's contract would hold if it was run with these options. Nothing is started or made, but the image is pulled
 * where it is missing. Throws `PREFLIGHT_INVALID` where the contract has mistakes, and what finding image and user throws.
 */
export async function checkPreflight(
  options: PreflightOptions,
  environment: Environment,
): Promise<PreflightReport> {
  const contract = await contractOf(options, environment);
  if (contract === undefined) return NOTHING_TO_CHECK;
  const { signal, ...rest } = options;
  if (environment.uid !== 0 && userNamespaceAvailable(environment).available)
    // Files of this machine belong to other ids in there, and that is where the container will be.
    return (await inUserNamespace({
      operation: "preflight",
      options: plainly(rest),
      environment,
      ...(signal ? { signal } : {}),
    })) as PreflightReport;
  const { preflightHere } = await import("./preflight-here.ts");
  return preflightHere(options, environment);
}

/**
 * The same for a container that is about to start: throws `PREFLIGHT_FAILED` with all that does not hold. What could not be checked is told
 * as a warning.
 */
export async function requirePreflight(
  options: PreflightOptions,
  environment: Environment,
  onWarning: (message: string) => void = () => {},
): Promise<void> {
  const { findings } = await checkPreflight(options, environment);
  for (const { state, message, hint } of findings)
    if (state === "unchecked")
      onWarning(`a condition of the image could not be checked: ${message}: ${hint}`);
  if (!findings.some(({ state }) => state === "failed")) return;
  const { preflightError } = await import("../preflight/check-contract.ts");
  throw preflightError(options.image, findings);
}

/** What can travel to another process: callers hand in all options of a container, functions among them. */
function plainly(options: Omit<PreflightOptions, "signal">): Omit<PreflightOptions, "signal"> {
  const { image, env, unsetEnv, user, tty, hostname, volumes, tmpfs, network } = options;
  const { addHosts, resources, readOnly, capAdd, capDrop, platform } = options;
  const { groupAdd, mounts, volumesFrom, networkAliases, publish, publishAll } = options;
  const chosen = { env, unsetEnv, user, groupAdd, tty, hostname, volumes, mounts, tmpfs, volumesFrom };
  const places = { network, networkAliases, publish, publishAll };
  const more = { addHosts, resources, readOnly, capAdd, capDrop, platform };
  const given = Object.entries({ ...chosen, ...places, ...more }).filter(([, value]) => value !== undefined);
  return { image, ...Object.fromEntries(given) };
}

async function contractOf(options: PreflightOptions, environment: Environment): Promise<string | undefined> {
  const { image: name, platform, signal } = options;
  const look = () =>
    withSession(environment, async (session) => {
      const image = await lookAt(session, name, platform ? { platform } : {});
      return contractIn(image.config.config);
    });
  if (options.pull !== "always") {
    try {
      return await look();
    } catch (error) {
      if (!isSlipwayError(error, "IMAGE_NOT_FOUND") || options.pull === "never") throw error;
    }
  }
  await pull({ name, platform: platform ?? hostPlatform(), ...(signal ? { signal } : {}) }, environment);
  return look();
}
