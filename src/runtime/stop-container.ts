import type { RunningProcess } from "../sys/process.ts";
import { catchesSignal, childrenOf, descendantOf } from "../sys/process-tree.ts";

export interface StopTarget {
  /** The `unshare` that holds the private namespaces. */
  readonly child: RunningProcess;
  /** Generations from there to the container's own first process. */
  readonly initDepth: number;
  /** Milliseconds between asking and forcing. */
  readonly graceMs: number;
}

const SIGTERM = 15;

/** Sends a signal to the container's own first process; nothing happens where there is none (yet, or any more). */
export function signalContainer(
  target: Pick<StopTarget, "child" | "initDepth">,
  signal: NodeJS.Signals,
): void {
  const init = initOf(target);
  if (init !== undefined) send(init, signal);
}

/**
 * Ends a container: SIGTERM to its first process, SIGKILL after the grace time, or at once where it does not handle SIGTERM (the
 * kernel then ignores the signal for process 1 of a namespace) or has not started yet. The runtime is left to clean up; only if
 * it does not end within another grace time it is killed, and the kernel takes the rest with it. Gives a function that calls
 * the timers off.
 */
export function stopContainer(target: StopTarget): () => void {
  const { child, graceMs } = target;
  const init = initOf(target);
  const timers: NodeJS.Timeout[] = [];
  const force = (): void => {
    const found = initOf(target);
    if (found === undefined) killAll(child);
    else send(found, "SIGKILL");
    timers.push(setTimeout(() => killAll(child), graceMs));
  };
  if (init !== undefined && catchesSignal(init, SIGTERM)) {
    send(init, "SIGTERM");
    timers.push(setTimeout(force, graceMs));
  } else {
    force();
  }
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

function initOf({ child, initDepth }: Pick<StopTarget, "child" | "initDepth">): number | undefined {
  return child.pid === undefined ? undefined : descendantOf(child.pid, initDepth);
}

/** Process 1 of the outer namespace takes everything in it along; `unshare` then ends by itself, after all of it is gone. */
function killAll(child: RunningProcess): void {
  const first = child.pid === undefined ? [] : childrenOf(child.pid);
  if (first.length === 0) child.kill("SIGKILL");
  for (const pid of first) send(pid, "SIGKILL");
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}
