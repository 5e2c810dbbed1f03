import { setTimeout as pause } from "node:timers/promises";
import { isActive } from "../container/container-record.ts";
import type { Container } from "../container/container-store.ts";
import { askMonitor, type MonitorRequest, type WaitCondition } from "../container/monitor-socket.ts";
import type { SupervisedEnd } from "../container/supervise.ts";
import { throwIfAborted } from "../core/cleanup-scope.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { signalHint, signalNumber } from "../plan/signals.ts";
import type { Environment } from "./environment.ts";
import { requireContainerPreflight } from "./preflight.ts";
import { orRemove } from "./remove-container.ts";
import { startMonitor } from "./start-monitor.ts";
import { withContainers } from "./with-containers.ts";

export interface StopOptions {
  /** Name or number; default as the container says. */
  readonly signal?: string;
  /** Seconds until SIGKILL, -1 never; default as the container says. */
  readonly timeout?: number;
}

/** Makes a container end and waits for it; one that does not run is left as it is. Throws `CONTAINER_NOT_FOUND`, `USAGE`. */
export async function stopContainer(
  name: string,
  options: StopOptions,
  environment: Environment,
): Promise<void> {
  const request = stopRequest(options);
  const { state, folder } = await look(name, environment);
  if (isActive(state)) await askMonitor(folder, request);
}

function stopRequest({ signal, timeout }: StopOptions): Extract<MonitorRequest, { kind: "stop" }> {
  return {
    kind: "stop",
    ...(signal === undefined ? {} : { signal: numberOf(signal) }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

const SIGKILL = 9;
/** As long as Docker waits. */
const MOST_DYING_MS = 10_000;

/**
 * Sends a signal to a container's first process; after SIGKILL it waits for the end, so that the container can be started again at once. Throws
 * `CONTAINER_STATE` where it does not run.
 */
export async function killContainer(name: string, signal: string, environment: Environment): Promise<void> {
  const request = { kind: "signal", signal: numberOf(signal) } as const;
  const container = await look(name, environment);
  const isSent = isActive(container.state) && (await askMonitor(container.folder, request));
  if (!isSent) throw notRunning(container);
  if (request.signal !== SIGKILL) return;
  const timeUp = AbortSignal.timeout(MOST_DYING_MS);
  try {
    await waitForContainer(container.record.id, "not-running", environment, timeUp);
  } catch (error) {
    // The kernel keeps a process that waits for a disk; and one with --rm may be gone already.
    if (!timeUp.aborted && !isSlipwayError(error, "CONTAINER_NOT_FOUND")) throw error;
  }
}

type OnWarning = (message: string) => void;

/**
 * Starts a container that has been made or has ended, in the background; one that runs, or will by itself, is left as it is. Gives the end where the
 * command could not be executed or found. Throws `PREFLIGHT_FAILED` where its image's contract does not hold, and what the start met.
 */
export async function startContainer(
  name: string,
  onWarning: OnWarning,
  environment: Environment,
): Promise<SupervisedEnd | undefined> {
  const container = await look(name, environment);
  if (isActive(container.state)) return undefined;
  await requireContainerPreflight(container, { moment: "start", onWarning }, environment);
  const { id } = container.record;
  return orRemove(id, environment, () => startMonitor(id, onWarning, environment));
}

/**
 * Stops a container and starts it again, in the background. Its image's contract has to hold before it is stopped, but for the ports, which are
 * free only then. One that removes itself does so at its last end. Throws as `startContainer`.
 */
export async function restartContainer(
  name: string,
  options: StopOptions,
  onWarning: OnWarning,
  environment: Environment,
): Promise<SupervisedEnd | undefined> {
  const request = stopRequest(options);
  const container = await look(name, environment);
  if (!isActive(container.state)) return startContainer(name, onWarning, environment);
  await requireContainerPreflight(container, { moment: "replacing", onWarning }, environment);
  await askMonitor(container.folder, { ...request, keeps: true });
  const { id } = container.record;
  return orRemove(id, environment, async () => {
    await requireContainerPreflight(container, { moment: "replaced", onWarning }, environment);
    return startMonitor(id, onWarning, environment);
  });
}

const LOOK_EVERY_MS = 50;

/**
 * Waits until a container is so, and gives its exit code (0 while it runs). `healthy` fails where it has ended or has no check, with
 * `CONTAINER_STATE`.
 */
export async function waitForContainer(
  name: string,
  condition: WaitCondition,
  environment: Environment,
  signal?: AbortSignal,
): Promise<number> {
  const { record } = await look(name, environment);
  let exitCode = 0;
  for (;;) {
    throwIfAborted(signal);
    const container = await lookAgain(record.id, environment);
    if (!container) return exitCode;
    const { state, folder } = container;
    const answer = await askMonitor(folder, { kind: "wait", condition }, signal);
    throwIfAborted(signal);
    // Once it is removed, nobody can be asked.
    exitCode = answer?.exitCode ?? state.exitCode;
    if (answer && condition !== "removed") return answer.exitCode ?? 0;
    if (answer === undefined && !isActive(state)) {
      if (condition === "not-running") return state.exitCode;
      if (condition !== "removed" && state.status === "exited") throw notRunning(container);
    }
    await pause(LOOK_EVERY_MS);
  }
}

export function renameContainer(name: string, to: string, environment: Environment): Promise<void> {
  return withContainers(environment, (containers) => containers.rename(containers.find(name), to));
}

function look(name: string, environment: Environment): Promise<Container> {
  return withContainers(environment, (containers) => containers.find(name));
}

async function lookAgain(id: string, environment: Environment): Promise<Container | undefined> {
  try {
    return await look(id, environment);
  } catch (error) {
    if (isSlipwayError(error, "CONTAINER_NOT_FOUND")) return undefined;
    throw error;
  }
}

function numberOf(signal: string): number {
  const number = signalNumber(signal);
  if (number !== undefined) return number;
  throw new SlipwayError("USAGE", `invalid signal: ${signal}`, { hint: signalHint(signal) });
}

export function notRunning({ record }: Container): SlipwayError<"CONTAINER_STATE"> {
  return new SlipwayError("CONTAINER_STATE", `container ${record.name} is not running`, {
    hint: `\`slipway start ${record.name}\` starts it`,
  });
}
