import type { Container } from "../container/container-store.ts";
import { isSlipwayError } from "../core/errors.ts";
import { hostPlatform } from "../core/platform.ts";
import type { Moment } from "../preflight/contract-at.ts";
import { contractIn } from "../preflight/contract-label.ts";
import type { Finding, PreflightReport } from "../preflight/finding.ts";
import type { ContainerQuestion } from "./container-preflight-here.ts";
import type { Environment } from "./environment.ts";
import { lookAt, withSession } from "./images.ts";
import type { PreflightOptions, PreflightRequest } from "./preflight-options.ts";
import { pull } from "./transfer.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

const NOTHING_TO_CHECK: PreflightReport = { hasContract: false, findings: [] };

/**
 * Tells whether an image's contract would hold if it was run with these options. Nothing is started or made, but the image is pulled
 * where it is missing. Throws `PREFLIGHT_INVALID` where the contract has mistakes, and what finding image and user throws.
 */
export async function checkPreflight(
  options: PreflightRequest,
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

type OnWarning = (message: string) => void;

/**
 * The same for a container that is about to be made: throws `PREFLIGHT_FAILED` with all that does not hold. What could not be checked is told
 * as a warning.
 */
export async function requirePreflight(
  options: PreflightRequest,
  environment: Environment,
  onWarning: OnWarning = () => {},
): Promise<void> {
  const { findings } = await checkPreflight(options, environment);
  await require(findings, { onWarning, image: options.image, hint: NO_PREFLIGHT });
}

/** The same for a container that has been made; one that was made with `preflight: false` is asked nothing. */
export async function requireContainerPreflight(
  { record }: Container,
  { moment, onWarning }: { readonly moment: Moment; readonly onWarning: OnWarning },
  environment: Environment,
): Promise<void> {
  const { id, image, options } = record;
  if (options.preflight === false || contractIn(image.config) === undefined) return;
  const { findings } = await checkContainer({ id, moment }, environment);
  await require(findings, { onWarning, image: image.name, hint: MADE_WITHOUT });
}

async function checkContainer(
  question: ContainerQuestion,
  environment: Environment,
): Promise<PreflightReport> {
  if (environment.uid !== 0 && userNamespaceAvailable(environment).available)
    return (await inUserNamespace({
      operation: "container-preflight",
      options: question,
      environment,
    })) as PreflightReport;
  const { containerPreflightHere } = await import("./container-preflight-here.ts");
  return containerPreflightHere(question, environment);
}

const NO_PREFLIGHT = "--no-preflight starts the container all the same";
const MADE_WITHOUT = "a container that was made with --no-preflight starts all the same";

interface Told {
  readonly onWarning: OnWarning;
  readonly image: string;
  readonly hint: string;
}

async function require(findings: readonly Finding[], { onWarning, image, hint: way }: Told): Promise<void> {
  for (const { state, message, hint } of findings)
    if (state === "unchecked")
      onWarning(`a condition of the image could not be checked: ${message}: ${hint}`);
  if (!findings.some(({ state }) => state === "failed")) return;
  const { preflightError } = await import("../preflight/check-contract.ts");
  throw preflightError(image, findings, way);
}

/** What can travel to another process: callers hand in all options of a container, functions among them. */
function plainly(options: Omit<PreflightRequest, "signal">): Omit<PreflightRequest, "signal"> {
  const { image, env, unsetEnv, user, tty, hostname, volumes, tmpfs, network } = options;
  const { addHosts, resources, readOnly, capAdd, capDrop, platform } = options;
  const { groupAdd, mounts, volumesFrom, networkAliases, publish, publishAll, moment } = options;
  const chosen = { env, unsetEnv, user, groupAdd, tty, hostname, volumes, mounts, tmpfs, volumesFrom };
  const places = { network, networkAliases, publish, publishAll };
  const more = { addHosts, resources, readOnly, capAdd, capDrop, platform, moment };
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
