import { type ContainerOptions, requireAbsolute } from "../container/container-options.ts";
import { type Container, ContainerStore } from "../container/container-store.ts";
import { checkHealthOptions } from "../container/health-check.ts";
import { findInit } from "../container/init-program.ts";
import { checkNetwork, sharedWith } from "../container/network/network-mode.ts";
import { makeVolumes } from "../container/volume/made-volumes.ts";
import { plannedMounts } from "../container/volume/planned-mounts.ts";
import { isIndexType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { isSignal, signalHint } from "../plan/signals.ts";
import { contractIn } from "../preflight/contract-label.ts";
import type { Environment } from "./environment.ts";
import { lookAt, type OpenImage, withSession } from "./images.ts";
import { checkContainerMemory, normalizeResources } from "./resource-limits.ts";
import type { Session } from "./session.ts";
import { pull } from "./transfer.ts";

export interface CreateContainerOptions extends ContainerOptions {
  /** Default: one that nobody has. */
  readonly name?: string;
  readonly pull?: "always" | "missing" | "never";
  readonly signal?: AbortSignal;
}

/**
 * Makes a container of an image, which is pulled where need be. Nothing of it runs yet. Where the image has a contract, `checkContract` is
 * asked first, and again where the name means another image by then. Throws `IMAGE_NOT_FOUND`, `CONTAINER_NAME_TAKEN`,
 * `PLATFORM_UNAVAILABLE`, `USAGE`, and what `checkContract` throws.
 */
export async function createContainer(
  options: CreateContainerOptions,
  environment: Environment,
  checkContract?: () => Promise<void>,
): Promise<Container> {
  checkOptions(options, environment);
  const { image: name, platform, signal } = options;
  const get = () =>
    pull({ name, ...(platform ? { platform } : {}), ...(signal ? { signal } : {}) }, environment);
  if (options.pull === "always") await get();
  let checked: Digest | undefined;
  const create = () =>
    withSession(environment, async (session) => {
      const image = await lookAt(session, name, platform ? { platform } : {});
      const { digest } = image.root;
      const isAsked = checkContract && digest !== checked && contractIn(image.config.config) !== undefined;
      return isAsked ? digest : createFrom(session, { image, options }, environment);
    });
  const attempt = async (): Promise<Container | Digest> => {
    try {
      return await create();
    } catch (error) {
      if (!isSlipwayError(error, "IMAGE_NOT_FOUND") || (options.pull ?? "missing") !== "missing") throw error;
    }
    await get();
    return create();
  };
  for (;;) {
    const made = await attempt();
    if (typeof made !== "string") return made;
    await checkContract?.();
    checked = made;
  }
}

/** What can be known to be wrong before anything is made. */
function checkOptions(options: ContainerOptions, { path }: Environment): void {
  checkNetwork(options);
  requireAbsolute(options.workdir);
  checkContainerMemory(normalizeResources(options.resources));
  const { stopSignal, stopTimeout, health, init, restart, autoRemove } = options;
  if (stopSignal !== undefined && !isSignal(stopSignal))
    throw new SlipwayError("USAGE", `invalid signal: ${stopSignal}`, { hint: signalHint(stopSignal) });
  if (stopTimeout !== undefined && stopTimeout < -1)
    throw new SlipwayError("USAGE", "the stop timeout is a number of seconds, or -1 for no limit");
  if (autoRemove && restart && restart.name !== "no")
    throw new SlipwayError("USAGE", "conflicting options: cannot specify both --restart and --rm");
  if (health) checkHealthOptions(health);
  if (init) findInit(path);
}

async function createFrom(
  session: Session,
  { image, options }: { readonly image: OpenImage; readonly options: CreateContainerOptions },
  environment: Environment,
): Promise<Container> {
  const { name, pull: _pull, signal: _signal, ...plain } = options;
  if (!isIndexType(image.root.mediaType) && image.config.platform.os !== "linux")
    throw new SlipwayError(
      "PLATFORM_UNAVAILABLE",
      `${options.image} is an image for ${image.config.platform.os}`,
    );
  const draft = {
    created: new Date().toISOString(),
    image: {
      name: options.image,
      id: image.id,
      manifest: image.manifestDescriptor,
      config: image.config.config,
    },
    cwd: environment.cwd,
  };
  const containers = new ContainerStore(session.store);
  const made = { ...draft, options: withOtherById(plain, containers) };
  const planned = plannedMounts(plain, {
    cwd: environment.cwd,
    imageVolumes: Object.keys(image.config.config.Volumes ?? {}),
    mountsOf: (other) => containers.find(other).record.mounts,
  });
  // Before anything else is made: a name that is taken leaves nothing behind.
  const claim = containers.claim(name);
  const make = async (): Promise<Container> => {
    const { mounts, undo } = await makeVolumes(planned, containers.volumes);
    try {
      return containers.create({ ...made, mounts }, claim);
    } catch (error) {
      await undo();
      throw error;
    }
  };
  try {
    return await containers.volumes.exclusively(make);
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** A container whose network is shared is kept by its id: its name may become another's. Throws `CONTAINER_NOT_FOUND`. */
function withOtherById(options: ContainerOptions, containers: ContainerStore): ContainerOptions {
  const other = options.network && sharedWith(options.network);
  if (other === undefined) return options;
  return { ...options, network: `container:${containers.find(other).record.id}` };
}
