import { existsSync, readlinkSync, statSync } from "node:fs";
import { descendantOf } from "../sys/process-tree.ts";
import type { Driver } from "./drivers.ts";
import { initOf, type StopTarget } from "./stop-container.ts";

/** A container whose command runs, by process ids of this machine. */
export interface RunningContainer {
  /** Its own first process. */
  readonly pid: number;
  /** The runtime, which is in the namespaces that the container was started from; where there is none, the first process. */
  readonly holder: number;
  /** Put before a command line, makes what it starts a part of the container's control group. */
  readonly join: readonly string[];
}

export interface StartWatch {
  readonly target: StopTarget;
  readonly driver: Driver;
  /** The file that is there once everything is prepared. */
  readonly ready: string;
  readonly join: readonly string[];
}

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Looks until the container's first process has become the command: runtimes say that they have started it before they know whether
 * it can be executed. Gives the function that ends the watch.
 */
export function watchStart(watch: StartWatch, onRunning: (running: RunningContainer) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let pause = FIRST_PAUSE_MS;
  const look = (): void => {
    const running = runningContainer(watch);
    if (running) return onRunning(running);
    timer = setTimeout(look, pause);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  };
  timer = setTimeout(look, FIRST_PAUSE_MS);
  return () => clearTimeout(timer);
}

function runningContainer({ target, driver, ready, join }: StartWatch): RunningContainer | undefined {
  if (target.child.pid === undefined || !existsSync(ready)) return undefined;
  const pid = initOf(target);
  if (pid === undefined || isRuntime(pid, driver)) return undefined;
  return { pid, holder: descendantOf(target.child.pid, 1) ?? pid, join };
}

/** Before it becomes the command, the process is the runtime, or the runtime's copy of itself in memory. */
function isRuntime(pid: number, { program }: Driver): boolean {
  try {
    const link = `/proc/${pid}/exe`;
    if (readlinkSync(link).startsWith("/memfd:")) return true;
    const [running, runtime] = [statSync(link), statSync(program)];
    return running.dev === runtime.dev && running.ino === runtime.ino;
  } catch {
    // It has ended meanwhile, or cannot be looked at yet.
    return true;
  }
}
