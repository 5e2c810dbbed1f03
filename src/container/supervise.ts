import { mkdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { signalNumber } from "../plan/signals.ts";
import { outOfMemoryText } from "../runtime/cgroup/out-of-memory.ts";
import { type RunContainerOptions, type RunningContainer, runContainer } from "../runtime/run-container.ts";
import { withoutEnvelope } from "../runtime/runtime-log.ts";
import { currentOwner, ownerOf } from "../store/owner.ts";
import { removeTree } from "../store/remove-tree.ts";
import type { ContainerState, NetworkState } from "./container-record.ts";
import type { Container, ContainerStore } from "./container-store.ts";
import { healthCheckOf } from "./health-check.ts";
import { watchHealth } from "./health-monitor.ts";
import { LogWriter } from "./log-writer.ts";
import { answerRequest, type Supervised } from "./monitor-answers.ts";
import { serveMonitor } from "./monitor-socket.ts";
import type { PreparedContainer } from "./prepare-container.ts";
import { probeContainer } from "./probe-container.ts";
import { NO_RESTART, nextRun } from "./restart-policy.ts";
import { StateWatch } from "./state-watch.ts";
import { StopRequest, stopSettings } from "./stop-request.ts";
import { removeAnonymous } from "./volume/volume-use.ts";

export interface Supervision {
  readonly container: Container;
  readonly containers: ContainerStore;
  /** Puts everything together for one start. The scratch folder is there and empty. */
  readonly prepare: () => Promise<PreparedContainer>;
  /** How it is run; output that is passed on is seen here, too. */
  readonly run: Omit<RunContainerOptions, "onOutput" | "onRunning" | "onStarted" | "signal" | "graceMs">;
  /** Told once that it runs, or that it has run already. */
  readonly onUp?: () => void;
  /** Told how signals are passed on, at every start. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals | number) => void) => void;
  /** Ends the container, as SIGTERM ends us. */
  readonly signal?: AbortSignal;
}

export interface SupervisedEnd {
  readonly exitCode: number;
  /** Present where the command could not be executed (126) or found (127). */
  readonly failure?: string;
  /** Where the runtime has not said so on standard error already. */
  readonly isUntold?: boolean;
}

/** How one run of a container ended. */
interface RunEnd extends SupervisedEnd {
  readonly ranMs: number;
  readonly oomKilled: boolean;
}

/**
 * Runs a container to its end, its restarts included, and looks after it: state, log, health, and requests of other processes. Holds the
 * container's lock all the time. What throws here was no end of the command: `CONTAINER_STATE` where it runs already,
 * `CONTAINER_NOT_FOUND` where it is gone, `CANCELLED` where the signal came before it ran, and what a start can meet.
 */
export async function superviseContainer(supervision: Supervision): Promise<SupervisedEnd> {
  const { container, containers } = supervision;
  const { id, name, options } = container.record;
  const release = await containers.lock(id);
  if (!release) throw new SlipwayError("CONTAINER_STATE", `the container ${name} is running already`);
  let isKept = false;
  try {
    if (!containers.state(id)) throw new SlipwayError("CONTAINER_NOT_FOUND", `no such container: ${name}`);
    const supervisor = new Supervisor(supervision);
    const end = await supervisor.run();
    isKept = supervisor.state.now.isKept ?? false;
    return end;
  } finally {
    try {
      // Whoever waits for the end may have removed it already.
      if (options.autoRemove && !isKept && containers.state(id)) {
        await containers.remove(containers.find(id));
        await removeAnonymous(container.record, containers);
      }
    } finally {
      release();
    }
  }
}

class Supervisor implements Supervised {
  readonly state: StateWatch;
  readonly #supervision: Supervision;
  readonly #log: LogWriter;
  readonly #stop: StopRequest;
  #isUp = false;

  constructor(supervision: Supervision) {
    const { container, containers } = supervision;
    const { id } = container.record;
    this.#supervision = supervision;
    this.#log = new LogWriter(container.folder.log);
    const { status, startedAt, exitCode, health } = containers.state(id) ?? container.state;
    this.state = new StateWatch(
      {
        status,
        exitCode,
        restartCount: 0,
        ...(startedAt ? { startedAt } : {}),
        ...(health ? { health } : {}),
      },
      (state) => containers.writeState(id, state),
    );
    this.#stop = new StopRequest(this.state, stopSettings(container.record));
  }

  get record() {
    return this.#supervision.container.record;
  }

  get stop(): StopRequest {
    return this.#stop;
  }

  keep(): void {
    this.state.change({ isKept: true });
  }

  async run(): Promise<SupervisedEnd> {
    const { container, signal } = this.#supervision;
    const server = await serveMonitor(container.folder, (request) => answerRequest(this, request));
    const stop = (): void => void this.#stop.request();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await this.#untilItStays();
    } catch (error) {
      this.#cannotStart(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.state.end();
      // Whoever waited for the end gets an answer first.
      await turn();
      server.close();
      this.#log.close();
    }
  }

  async #untilItStays(): Promise<SupervisedEnd> {
    const { restart = NO_RESTART } = this.record.options;
    let pauseMs = 0;
    for (;;) {
      const end = await this.#once();
      const { isStopped } = this.#stop;
      const { restartCount } = this.state.now;
      const ended = { ...end, isStopped, restartCount, lastPauseMs: pauseMs };
      const next = end.failure === undefined ? nextRun(restart, ended) : undefined;
      this.#note(end, next !== undefined);
      if (!next) return end;
      pauseMs = next.pauseMs;
      if (await this.#stop.within(pauseMs)) {
        this.state.change({ status: "exited" }, ["monitor"]);
        return end;
      }
    }
  }

  /** From preparing to the end of the process. */
  async #once(): Promise<RunEnd> {
    const { container, prepare, signal } = this.#supervision;
    throwIfAborted(signal);
    const { scratch } = container.folder;
    await removeTree(scratch);
    mkdirSync(scratch, { mode: 0o700 });
    try {
      return await this.#runPrepared(await prepare());
    } finally {
      await removeTree(scratch);
    }
  }

  async #runPrepared(prepared: PreparedContainer): Promise<RunEnd> {
    const { run, onStarted, signal } = this.#supervision;
    const force = new AbortController();
    const begun = Date.now();
    let stopHealth = (): void => {};
    try {
      // What came while it was prepared found nothing to end yet.
      throwIfAborted(signal);
      if (prepared.problem) return { ...prepared.problem, isUntold: true, ranMs: 0, oomKilled: false };
      const end = await runContainer(prepared.request, {
        ...run,
        signal: force.signal,
        onOutput: (stream, chunk) =>
          this.#log.write(stream, stream === "stderr" ? withoutEnvelope(chunk) : chunk),
        onStarted: (kill) => {
          this.#stop.started(kill, () => force.abort());
          onStarted?.((signal) => void this.#passOn(signal));
        },
        onRunning: (running) => {
          stopHealth = this.#running(running, prepared.network);
        },
      });
      if (end.oom) run.onWarning?.(outOfMemoryText(end.oom));
      if (end.failure === undefined && this.state.now.status !== "running")
        this.state.change({ startedAt: new Date(begun).toISOString() });
      if (end.failure === undefined) this.#up();
      return { ...end, ranMs: Date.now() - begun, oomKilled: end.oom !== undefined };
    } catch (error) {
      // What was forced has ended as it was meant to.
      if (!force.signal.aborted) throw error;
      return { exitCode: 137, ranMs: Date.now() - begun, oomKilled: false };
    } finally {
      stopHealth();
      this.#stop.ended();
      this.#log.flush();
      await prepared.finish();
    }
  }

  /** Gives the function that ends the health checks. */
  #running({ pid, holder, join }: RunningContainer, network: NetworkState | undefined): () => void {
    const owners = { process: ownerOf(pid), holder: ownerOf(holder) };
    this.state.change(
      {
        status: "running",
        monitor: currentOwner(),
        ...(owners.process ? { process: owners.process } : {}),
        ...(owners.holder ? { holder: owners.holder } : {}),
        join,
        ...(network ? { network } : {}),
        exitCode: 0,
        startedAt: new Date().toISOString(),
        isStopped: this.#stop.isStopped,
      },
      ["finishedAt", "error", "oomKilled", "health", "isKept"],
    );
    this.#up();
    return this.#watchHealth();
  }

  #watchHealth(): () => void {
    const { container, run } = this.#supervision;
    const { record, folder } = container;
    const check = healthCheckOf(record.image.config, record.options.health);
    if (!check) return () => {};
    const { path, driver } = run;
    return watchHealth({
      check,
      probe: (argv, signal) => {
        const state = this.state.now;
        const target = { id: record.id, folder, state, path, ...(driver ? { driver } : {}) };
        return probeContainer(target, argv, signal);
      },
      onChange: (health) => this.state.change({ health }),
    });
  }

  /** A process that has only just been started is not the command yet, and would not know the signal. */
  async #passOn(signal: NodeJS.Signals | number): Promise<void> {
    const number = typeof signal === "number" ? signal : (signalNumber(signal) ?? 0);
    if (await this.state.until(({ status }) => status === "running"))
      this.#stop.send(number, this.#stop.isEnd(number));
  }

  #up(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#supervision.onUp?.();
  }

  #note({ exitCode, failure, oomKilled }: RunEnd, isRestarting: boolean): void {
    const hasRun = this.state.now.startedAt !== undefined;
    const { restartCount } = this.state.now;
    const change: Partial<ContainerState> = {
      ...(isRestarting
        ? { status: "restarting", monitor: currentOwner(), restartCount: restartCount + 1 }
        : { status: hasRun ? "exited" : "created" }),
      exitCode,
      isStopped: this.#stop.isStopped,
      ...(hasRun ? { finishedAt: new Date().toISOString(), oomKilled } : {}),
      ...(failure === undefined ? {} : { error: failure }),
    };
    this.state.change(change, [
      "process",
      "holder",
      "join",
      "network",
      ...(isRestarting ? [] : ["monitor" as const]),
    ]);
  }

  #cannotStart(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#note({ exitCode: 125, failure: text, ranMs: 0, oomKilled: false }, false);
  }
}
