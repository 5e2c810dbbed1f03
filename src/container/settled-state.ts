import { isGone } from "../store/owner.ts";
import type { ContainerState } from "./container-record.ts";

/** Of a process that was killed. */
const KILLED = 137;

/**
 * The state of a container as it is: one whose monitor is gone has ended, whatever it says, because everything in a container dies with
 * its monitor. The same object where nothing is to be changed.
 */
export function settledState(state: ContainerState, now: Date = new Date()): ContainerState {
  const isActive = state.status === "running" || state.status === "restarting";
  if (!isActive || (state.monitor !== undefined && !isGone(state.monitor))) return state;
  const {
    monitor: _monitor,
    process: _process,
    holder: _holder,
    join: _join,
    network: _network,
    ...rest
  } = state;
  return {
    ...rest,
    status: "exited",
    exitCode: KILLED,
    finishedAt: now.toISOString(),
    error: "the process that looked after the container was killed, and the container with it",
  };
}
