import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { ContainerFolder } from "../container/container-record.ts";
import { healthCheckOf } from "../container/health-check.ts";
import { findInit } from "../container/init-program.ts";
import { type PreparedContainer, prepareContainer } from "../container/prepare-container.ts";
import { makeVolumes } from "../container/volume/made-volumes.ts";
import { mountPlaces, type PlannedMount } from "../container/volume/mount-places.ts";
import { plannedMounts } from "../container/volume/planned-mounts.ts";
import { VolumeStore } from "../container/volume/volume-store.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { startTimer } from "../core/timer.ts";
import type { Chain } from "../execute/chain.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import type {
  RunningTest,
  TestContainers,
  TestEnd,
  TestOutput,
  TestRun,
  TestSpace,
} from "../gate/tested-image.ts";
import type { ContainerConfig } from "../image/config.ts";
import { signalNumber } from "../plan/signals.ts";
import { type RunContainerOptions, type RunningContainer, runContainer } from "../runtime/run-container.ts";
import { StorePaths } from "../store/paths.ts";
import { removeTree } from "../store/remove-tree.ts";
import { KeptOutput } from "./kept-output.ts";
import { once } from "./once.ts";
import { runtimePrivilege } from "./privilege.ts";
import { rootfsSupport } from "./rootfs-support.ts";
import type { Session } from "./session.ts";
import { untilHealthy } from "./test-health.ts";
import { testNetwork } from "./test-network.ts";

/** What tests of an image need of it. */
export interface TestedImageParts {
  readonly name: string;
  readonly session: Session;
  readonly access: LayerAccess;
  readonly chain: Chain;
  readonly config: ContainerConfig;
  readonly runtime?: string;
  readonly onWarning: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Containers for tests: they belong to this process, are in no list, and everything of them is gone when the work is done, however it
 * ends. What one run in a space writes is there in the next, as if it had been committed.
 */
export function testContainers(parts: TestedImageParts): TestContainers {
  const support = once(() => rootfsSupport(parts.session));
  return {
    around: (work) => {
      const scope = new CleanupScope();
      return scope.around(async () => {
        const { temp } = parts.session.store;
        const path = temp.directory("test");
        scope.defer(() => temp.remove(path));
        return work(new Space(parts, new ContainerFolder(path), support, scope));
      });
    },
  };
}

class Space implements TestSpace {
  readonly #parts: TestedImageParts;
  readonly #folder: ContainerFolder;
  readonly #support: () => ReturnType<typeof rootfsSupport>;
  readonly #scope: CleanupScope;

  constructor(
    parts: TestedImageParts,
    folder: ContainerFolder,
    support: () => ReturnType<typeof rootfsSupport>,
    scope: CleanupScope,
  ) {
    this.#parts = parts;
    this.#folder = folder;
    this.#support = support;
    this.#scope = scope;
  }

  async run(run: TestRun, timeoutMs: number): Promise<TestEnd & TestOutput> {
    const timeUp = new AbortController();
    const stopTimer = startTimer(timeoutMs, () => timeUp.abort());
    const output = new KeptOutput();
    try {
      const end = await this.#launch(await this.#prepare(newId(), run), run, {
        signal: this.#signal(timeUp.signal),
        onOutput: output.add,
      });
      return { ...end, ...output.texts() };
    } catch (error) {
      if (!timeUp.signal.aborted || !isSlipwayError(error, "CANCELLED")) throw error;
      throw new SlipwayError("TEST_FAILED", `the command did not end within ${timeoutMs / 1000}s`);
    } finally {
      stopTimer();
    }
  }

  async start(run: TestRun): Promise<RunningTest> {
    const id = newId();
    const prepared = await this.#prepare(id, run);
    const force = new AbortController();
    const output = new KeptOutput();
    let kill: (signal: number) => void = () => {};
    let running: RunningContainer | undefined;
    let isUp = (): void => {};
    const up = new Promise<void>((resolve) => {
      isUp = resolve;
    });
    const ended = this.#launch(prepared, run, {
      signal: this.#signal(force.signal),
      onOutput: output.add,
      onStarted: (deliver) => {
        kill = deliver;
      },
      onRunning: (container) => {
        running = container;
        isUp();
      },
    });
    let hasEnded = false;
    const over = ended.then(
      () => {},
      () => {},
    );
    void over.then(() => {
      hasEnded = true;
    });
    this.#scope.defer(async () => {
      force.abort();
      await over;
    });
    await Promise.race([up, ended]);
    if (!running) await this.#refuse(ended);
    const signal = stopSignal(this.#parts.config.StopSignal);
    return {
      get pid() {
        return hasEnded ? undefined : running?.pid;
      },
      ended,
      output: output.texts,
      stopSignal: signal,
      stop: () => kill(signal.number),
      health: this.#health(id, () => running),
    };
  }

  /** A container that ended before it was seen to run may have been quick; one whose command is not there never ran. */
  async #refuse(ended: Promise<TestEnd>): Promise<void> {
    const { exitCode, failure } = await ended;
    if (failure !== undefined)
      throw new SlipwayError("CONTAINER_START_FAILED", `the command could not be started: ${failure}`, {
        facts: { exitCode },
      });
  }

  #health(id: string, running: () => RunningContainer | undefined): RunningTest["health"] {
    const { config, session, runtime } = this.#parts;
    const check = healthCheckOf(config);
    if (!check) return undefined;
    const target = {
      id,
      folder: this.#folder,
      path: session.environment.path,
      ...(runtime ? { driver: runtime } : {}),
    };
    return (withinMs) => untilHealthy({ check, target, running, withinMs });
  }

  #signal(own: AbortSignal): AbortSignal {
    const { signal } = this.#parts;
    return signal ? AbortSignal.any([signal, own]) : own;
  }

  async #prepare(id: string, run: TestRun): Promise<PreparedContainer> {
    const { access, chain, config, session } = this.#parts;
    const { environment } = session;
    await removeTree(this.#folder.scratch);
    mkdirSync(this.#folder.scratch, { mode: 0o700 });
    return prepareContainer({
      access,
      chain,
      config,
      privilege: runtimePrivilege(session.privilege),
      rootfsSupport: await this.#support(),
      id,
      folder: this.#folder,
      isPassing: true,
      overrides: overridesOf(run),
      groupAdd: [],
      ...(run.init ? { init: findInit(environment.path) } : {}),
      mounts: await this.#mounts(run),
      network: testNetwork(run.network, id.slice(0, 12)),
      ulimits: [],
      resources: {},
      readOnlyRoot: run.readOnly ?? false,
      capAdd: run.capAdd ?? [],
      capDrop: [],
      canRun: session.foreignPrograms.canRun,
    });
  }

  /** Volumes are made for one run, and lie in the space's own folder: nobody else sees or collects them. */
  async #mounts(run: TestRun): Promise<readonly PlannedMount[]> {
    const { config, session } = this.#parts;
    const planned = plannedMounts(
      { volumes: run.bindMounts ?? [], tmpfs: run.tmpfs ?? [] },
      {
        cwd: session.environment.cwd,
        imageVolumes: Object.keys(config.Volumes ?? {}),
        mountsOf: () => [],
      },
    );
    const { temp, locks } = session.store;
    const paths = new StorePaths(join(this.#folder.path, `volumes-${newId().slice(0, 12)}`));
    const volumes = new VolumeStore({ temp, locks, paths });
    return mountPlaces((await makeVolumes(planned, volumes)).mounts, volumes);
  }

  async #launch(
    prepared: PreparedContainer,
    run: TestRun,
    how: Pick<RunContainerOptions, "signal" | "onOutput" | "onStarted" | "onRunning">,
  ): Promise<TestEnd> {
    const { session, runtime, onWarning } = this.#parts;
    const request = run.isPrivileged
      ? { ...prepared.request, security: "insecure" as const }
      : prepared.request;
    try {
      return await runContainer(request, {
        ...how,
        ...(run.tty ? { interactive: true, stdin: "ignore" as const, streams: nowhere() } : {}),
        privilege: runtimePrivilege(session.privilege),
        path: session.environment.path,
        filterFolder: session.store.paths.filters,
        onWarning,
        ...(runtime ? { driver: runtime } : {}),
      });
    } finally {
      await prepared.finish();
    }
  }
}

function newId(): string {
  return randomBytes(32).toString("hex");
}

/** A list of words replaces ENTRYPOINT, and CMD with it. */
function overridesOf({ entrypoint, args = [], env, user, tty = false }: TestRun) {
  const [program, ...words] = entrypoint ?? [];
  return {
    args: [...words, ...args],
    ...(entrypoint ? { entrypoint: program ?? "" } : {}),
    env,
    unsetEnv: [],
    tty,
    ...(user ? { user } : {}),
  };
}

function stopSignal(text: string | undefined): { readonly name: string; readonly number: number } {
  const number = text ? signalNumber(text) : undefined;
  return number === undefined ? { name: "SIGTERM", number: 15 } : { name: text!, number };
}

/** A terminal that nobody looks at: what comes out of it is seen on its way. */
function nowhere() {
  const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  return { stdin: Readable.from([]), stdout: sink(), stderr: sink() };
}
