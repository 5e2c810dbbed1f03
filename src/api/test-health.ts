import { setTimeout as sleep } from "node:timers/promises";
import type { ExecTarget } from "../container/exec-container.ts";
import type { HealthCheck } from "../container/health-check.ts";
import { probeContainer } from "../container/probe-container.ts";
import { isSlipwayError } from "../core/errors.ts";
import { startTimer } from "../core/timer.ts";
import type { HealthOutcome } from "../gate/tested-image.ts";
import type { RunningContainer } from "../runtime/run-container.ts";
import { ownerOf } from "../store/owner.ts";

export interface HealthQuestion {
  readonly check: HealthCheck;
  readonly target: Omit<ExecTarget, "entersUserNamespace" | "state">;
  readonly running: () => RunningContainer | undefined;
  readonly withinMs: number;
}

/** Nobody wants to wait half a minute, the usual interval, for the first check. */
const LONGEST_PAUSE_MS = 500;
const SHOWN_OUTPUT = 1000;

/** Makes the image's health check again and again until it succeeds or the time is up; what the image says of intervals and retries does not count. */
export async function untilHealthy(question: HealthQuestion): Promise<HealthOutcome> {
  const { check, withinMs } = question;
  const deadline = performance.now() + withinMs;
  let problem = "the health check did not end in time";
  for (let left = withinMs; left > 0; left = deadline - performance.now()) {
    const outcome = await probe(question, Math.min(left, check.timeoutMs));
    if (outcome === undefined) return { isHealthy: true };
    // One that was cut short by the end of the whole says nothing.
    if (performance.now() < deadline || left >= check.timeoutMs) problem = outcome;
    await sleep(Math.min(check.intervalMs, LONGEST_PAUSE_MS, Math.max(0, deadline - performance.now())));
  }
  return { isHealthy: false, problem: `not healthy within ${withinMs / 1000}s: ${problem}` };
}

/** Undefined where the check succeeded. */
async function probe(
  { check, target, running }: HealthQuestion,
  timeoutMs: number,
): Promise<string | undefined> {
  const container = running();
  const holder = container && ownerOf(container.holder);
  if (!container || !holder) return "the container does not run";
  const ending = new AbortController();
  const timeUp = ending.signal;
  const stopTimer = startTimer(timeoutMs, () => ending.abort());
  try {
    const state = { holder, join: container.join };
    const { exitCode, output } = await probeContainer({ ...target, state }, check.argv, timeUp);
    if (timeUp.aborted) return `the health check took longer than ${timeoutMs / 1000}s`;
    if (exitCode === 0) return undefined;
    return `the health check ended with ${exitCode}: ${output.toString("utf8").slice(0, SHOWN_OUTPUT).trim()}`;
  } catch (error) {
    // The container has just ended, or is about to.
    if (!isSlipwayError(error, "CONTAINER_STATE", "RUNTIME_FAILED")) throw error;
    return error.message;
  } finally {
    stopTimer();
  }
}
