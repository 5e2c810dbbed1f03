import type { RunningProcess } from "../sys/process.ts";
import { catchesSignal, childrenOf, descendantOf, pidNamespaceOf, stateOf } from "../sys/process-tree.ts";

export interface StopTarget {
  /** The `unshare` that holds the private namespaces. */
  readonly child: RunningProcess;
  /** Generations from there to the container's own first process. */
  readonly initDepth: number;
  /** Milliseconds between asking and forcing. */
  readonly graceMs: number;
}

const SIGTERM = 15;
const MOST_LOOKS = 10_000;

/** Sends a signal to the container's own first process; nothing happens where there is none (yet, or any more). */
export function signalContainer(
  target: Pick<StopTarget, "child" | "initDepth">,
  signal: NodeJS.Signals | number,
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

/**
 * The container's own first process on this machine; undefined where there is none yet, or any more.
 *
 * While the start script still prepares, a `mount` of its own is where the container's process will be. That must not be ended:
 * the script would go on without what it was to mount. The container's process has a process namespace of its own.
 */
export function initOf({ child, initDepth }: Pick<StopTarget, "child" | "initDepth">): number | undefined {
  if (child.pid === undefined) return undefined;
  const found = descendantOf(child.pid, initDepth);
  if (found === undefined || initDepth === 1) return found;
  const script = descendantOf(child.pid, 1);
  const outer = script === undefined ? undefined : pidNamespaceOf(script);
  const own = pidNamespaceOf(found);
  return own !== undefined && outer !== undefined && own !== outer ? found : undefined;
}

/** Process 1 of the outer namespace takes everything in it along; `unshare` then ends by itself, after all of it is gone. */
function killAll(child: RunningProcess): void {
  if (child.pid === undefined) return;
  const first = childrenOf(child.pid);
  for (const pid of first.length > 0 ? first : childrenWhileHeld(child.pid)) send(pid, "SIGKILL");
}

/**
 * An `unshare` without a child may be about to fork, and a child that has not said yet that it wants to die with its parent would
 * live on without it. So `unshare` is held before it is judged: it goes alone only where it surely has no child.
 */
function childrenWhileHeld(pid: number): readonly number[] {
  send(pid, "SIGSTOP");
  waitUntilHeld(pid);
  const children = childrenOf(pid);
  send(pid, children.length === 0 ? "SIGKILL" : "SIGCONT");
  return children;
}

/** A stop takes effect when the process next leaves the kernel: microseconds, so that a sleep would cost more than looking. */
function waitUntilHeld(pid: number): void {
  for (let i = 0; i < MOST_LOOKS; i++) if (!["R", "S", "D"].includes(stateOf(pid) ?? "")) return;
}

function send(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}
