import { readFileSync } from "node:fs";
import { runImage } from "../container/run-image.ts";
import { parseVolume } from "../container/volumes.ts";
import { isIndexType } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import { hostPlatform, type Platform } from "../core/platform.ts";
import { imageChain } from "../execute/chain.ts";
import { LayerAccess } from "../execute/layer-access.ts";
import type { ProcessStreams } from "../runtime/process-streams.ts";
import type { Resources } from "../runtime/request.ts";
import type { Environment } from "./environment.ts";
import { findImage, openImage, withSession } from "./images.ts";
import { requirePreflight } from "./preflight.ts";
import { runtimePrivilege } from "./privilege.ts";
import { normalizeResources } from "./resource-limits.ts";
import { rootfsSupport } from "./rootfs-support.ts";
import type { Session } from "./session.ts";
import { pull } from "./transfer.ts";
import { inUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

export interface RunContainerOptions {
  readonly image: string;
  readonly args?: readonly string[];
  readonly entrypoint?: string;
  readonly env?: readonly string[];
  readonly unsetEnv?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly tty?: boolean;
  /** Standard input goes to the process. */
  readonly interactive?: boolean;
  /** This process's own streams as objects. Without them the container gets the descriptors themselves. */
  readonly streams?: ProcessStreams;
  readonly hostname?: string;
  /** `source:target[:ro]` */
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly network?: "host" | "none";
  readonly addHosts?: readonly { readonly host: string; readonly ip: string }[];
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly shmSize?: number;
  /** Ignored with a warning where the machine does not let us enforce them. */
  readonly resources?: Resources;
  readonly cgroupParent?: string;
  /** Told what of this the machine does not let us do, and why a container was killed. */
  readonly onWarning?: (message: string) => void;
  readonly readOnly?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly platform?: Platform;
  readonly pull?: "always" | "missing" | "never";
  readonly runtime?: string;
  /** false: a contract that the image has is not checked. */
  readonly preflight?: boolean;
  /** Told how signals can be passed on, once the process runs. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs an image's command in the foreground with this process's own streams, and gives its exit code: 126 and 127 where the
 * command cannot be executed or found, 128 + n where signal n ended it. An ordinary user's container runs in a user namespace.
 */
export async function run(options: RunContainerOptions, environment: Environment): Promise<number> {
  const available = options.pull !== "always" && (await isPresent(options.image, environment));
  if (!available) await pullMissing(options, environment);
  if (options.preflight !== false)
    await requirePreflight({ ...options, pull: "never" }, environment, options.onWarning);
  if (environment.uid === 0) return runHere(options, environment);
  const namespace = userNamespaceAvailable(environment);
  if (!namespace.available)
    throw new SlipwayError(
      "RUNTIME_UNAVAILABLE",
      `containers need a user namespace or root: ${namespace.reason}`,
      { hint: "`slipway doctor` says what to install" },
    );
  const { onStarted, onWarning, signal, streams: _, ...plain } = options;
  return (await inUserNamespace({
    operation: "run",
    options: plain,
    environment,
    interactive: true,
    onEvent: (event) => event.type === "warning" && onWarning?.(event.message),
    ...(onStarted ? { onStarted } : {}),
    ...(signal ? { signal } : {}),
  })) as number;
}

/** The same, in this process and with what it may do. */
export function runHere(options: RunContainerOptions, environment: Environment): Promise<number> {
  return withSession(environment, async (session) => {
    const root = findImage(session.store, options.image);
    const image = await openImage(session, root, options.platform ?? hostPlatform());
    if (!isIndexType(root.mediaType) && image.config.platform.os !== "linux")
      throw new SlipwayError(
        "PLATFORM_UNAVAILABLE",
        `${options.image} is an image for ${image.config.platform.os}`,
      );
    return runImage({
      store: session.store,
      access: accessOf(session, options.signal),
      chain: imageChain(image.config.diffIds, image.manifest.layers),
      config: image.config.config,
      privilege: runtimePrivilege(session.privilege),
      rootfsSupport: await rootfsSupport(session),
      overrides: {
        args: options.args ?? [],
        env: options.env ?? [],
        unsetEnv: options.unsetEnv ?? [],
        tty: options.tty ?? false,
        ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
        ...(options.workdir ? { workdir: options.workdir } : {}),
        ...(options.user ? { user: options.user } : {}),
        ...(options.hostname ? { hostname: options.hostname } : {}),
      },
      volumes: (options.volumes ?? []).map((volume) => parseVolume(volume, environment.cwd)),
      tmpfs: options.tmpfs ?? [],
      network: options.network ?? "host",
      extraHosts: (options.addHosts ?? []).map(({ host, ip }) => ({ name: host, ip })),
      ulimits: options.ulimits ?? [],
      readOnlyRoot: options.readOnly ?? false,
      capAdd: options.capAdd ?? [],
      capDrop: options.capDrop ?? [],
      resolvConf: resolvConf(),
      path: environment.path,
      interactive: options.interactive ?? false,
      resources: withSwap(normalizeResources(options.resources)),
      canRun: session.foreignPrograms.canRun,
      onWarning: options.onWarning ?? (() => {}),
      ...(options.shmSize ? { shmSize: options.shmSize } : {}),
      ...(options.cgroupParent === undefined ? {} : { cgroupParent: options.cgroupParent }),
      ...(options.runtime ? { driver: options.runtime } : {}),
      ...(options.streams ? { streams: options.streams } : {}),
      ...(options.onStarted ? { onStarted: options.onStarted } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  });
}

/** Memory alone allows as much swap again, as Docker does it. */
function withSwap(resources: Resources): Resources {
  const { memory, memorySwap } = resources;
  return memory === undefined || memorySwap !== undefined
    ? resources
    : { ...resources, memorySwap: 2 * memory };
}

function accessOf(session: Session, signal: AbortSignal | undefined): LayerAccess {
  return new LayerAccess({
    store: session.store,
    form: session.privilege.form,
    fetchBlob: (blob) => session.fetchBlob(blob, signal),
    streamBlob: (blob) => session.streamBlob(blob, signal),
    signal: signal ?? new AbortController().signal,
  });
}

function isPresent(name: string, environment: Environment): Promise<boolean> {
  return withSession(environment, async ({ store }) => {
    try {
      return Boolean(findImage(store, name));
    } catch (error) {
      if (error instanceof SlipwayError && error.code === "IMAGE_NOT_FOUND") return false;
      throw error;
    }
  });
}

async function pullMissing(options: RunContainerOptions, environment: Environment): Promise<void> {
  if (options.pull === "never")
    throw new SlipwayError("IMAGE_NOT_FOUND", `no such image: ${options.image}`, {
      hint: "`slipway images` lists what is here",
    });
  await pull(
    {
      name: options.image,
      ...(options.platform ? { platform: options.platform } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    },
    environment,
  );
}

function resolvConf(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}
