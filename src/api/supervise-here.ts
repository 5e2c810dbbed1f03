import { readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import type { ContainerRecord } from "../container/container-record.ts";
import { type Container, ContainerStore } from "../container/container-store.ts";
import { findInit } from "../container/init-program.ts";
import { type PreparedNetwork, prepareNetwork } from "../container/network/container-network.ts";
import { type PreparedContainer, prepareContainer } from "../container/prepare-container.ts";
import { type SupervisedEnd, superviseContainer } from "../container/supervise.ts";
import { mountPlaces } from "../container/volume/mount-places.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { imageChain } from "../execute/chain.ts";
import type { StreamOptions } from "../runtime/container-streams.ts";
import type { ProcessStreams } from "../runtime/process-streams.ts";
import type { Resources } from "../runtime/request.ts";
import { openStore } from "../store/store.ts";
import type { Environment } from "./environment.ts";
import { openImage, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { filePrivilege, runtimePrivilege } from "./privilege.ts";
import { normalizeResources } from "./resource-limits.ts";
import { rootfsSupport } from "./rootfs-support.ts";

export interface SuperviseOptions {
  /** Its output goes to its log alone. */
  readonly isDetached?: boolean;
  /** This process's own streams as objects. Without them a container in the foreground gets the descriptors themselves. */
  readonly streams?: ProcessStreams;
  /** Told once that it runs, or has run already. */
  readonly onUp?: () => void;
  readonly onWarning?: (message: string) => void;
  readonly onStarted?: (kill: (signal: NodeJS.Signals | number) => void) => void;
  readonly signal?: AbortSignal;
}

/** Runs a container that has been made, in this process and with what it may do, and looks after it to its end. */
export async function superviseHere(
  id: string,
  options: SuperviseOptions,
  environment: Environment,
): Promise<SupervisedEnd> {
  const store = openStore(environment.home);
  const scope = new CleanupScope();
  scope.defer(() => store.close());
  return scope.around(async () => {
    const containers = new ContainerStore(store);
    const container = containers.find(id);
    const { record } = container;
    return superviseContainer({
      container,
      containers,
      prepare: async () => {
        const { path } = environment;
        const network = await prepareNetwork({
          container,
          containers,
          store,
          path,
          resolvConf: machineFile("/etc/resolv.conf"),
          machineHosts: machineFile("/etc/hosts"),
        });
        try {
          return await prepare({ container, containers, network }, options.signal, environment);
        } catch (error) {
          await network.close();
          throw error;
        }
      },
      run: {
        privilege: runtimePrivilege(filePrivilege(environment.uid)),
        path: environment.path,
        filterFolder: store.paths.filters,
        ...(record.options.runtime ? { driver: record.options.runtime } : {}),
        ...streamsOf(record, options),
        ...(options.onWarning ? { onWarning: options.onWarning } : {}),
      },
      ...(options.onUp ? { onUp: options.onUp } : {}),
      ...(options.onStarted ? { onStarted: options.onStarted } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  });
}

function streamsOf({ options }: ContainerRecord, { isDetached, streams }: SuperviseOptions): StreamOptions {
  if (!isDetached)
    return {
      interactive: true,
      stdin: options.interactive ? "inherit" : "ignore",
      ...(streams ? { streams } : {}),
    };
  // A terminal that nobody looks at: what comes out of it goes to the log on its way to nowhere.
  return options.tty ? { interactive: true, stdin: "ignore", streams: nowhere() } : {};
}

function nowhere(): ProcessStreams {
  const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  return { stdin: Readable.from([]), stdout: sink(), stderr: sink() };
}

interface Preparation {
  readonly container: Container;
  readonly containers: ContainerStore;
  readonly network: PreparedNetwork;
}

/** What starts read from the index is the same for all containers: the next one needs no database. */
const RECALLED = "containers";

/** Puts everything together for one start. The store's content is kept from being collected only meanwhile: the record keeps it then. */
function prepare(
  { container, containers, network }: Preparation,
  signal: AbortSignal | undefined,
  environment: Environment,
): Promise<PreparedContainer> {
  const { record, folder } = container;
  const { options } = record;
  return withSession(environment, async (session) => {
    session.store.recall(RECALLED);
    const image = await openImage(session, record.image.manifest);
    return prepareContainer({
      access: layerAccess(session, signal),
      chain: imageChain(image.config.diffIds, image.manifest.layers),
      config: record.image.config,
      privilege: runtimePrivilege(session.privilege),
      rootfsSupport: await rootfsSupport(session),
      id: record.id,
      folder,
      isPassing: options.autoRemove ?? false,
      overrides: {
        args: options.args ?? [],
        env: options.env ?? [],
        unsetEnv: options.unsetEnv ?? [],
        tty: options.tty ?? false,
        ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
        ...(options.workdir ? { workdir: options.workdir } : {}),
        ...(options.user ? { user: options.user } : {}),
      },
      groupAdd: options.groupAdd ?? [],
      ...(options.init ? { init: findInit(environment.path) } : {}),
      mounts: mountPlaces(record.mounts, containers.volumes),
      network,
      ulimits: options.ulimits ?? [],
      readOnlyRoot: options.readOnly ?? false,
      capAdd: options.capAdd ?? [],
      capDrop: options.capDrop ?? [],
      resources: withSwap(normalizeResources(options.resources)),
      canRun: session.foreignPrograms.canRun,
      ...(options.shmSize ? { shmSize: options.shmSize } : {}),
      ...(options.cgroupParent === undefined ? {} : { cgroupParent: options.cgroupParent }),
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

function machineFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
