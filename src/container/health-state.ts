import type { HealthCheck } from "./health-check.ts";

/** One result of a check. Members are named as Docker shows them. */
export interface ProbeResult {
  /** RFC 3339. */
  readonly Start: string;
  readonly End: string;
  /** -1 where the time was up. */
  readonly ExitCode: number;
  readonly Output: string;
}

export interface HealthState {
  readonly Status: "starting" | "healthy" | "unhealthy";
  readonly FailingStreak: number;
  /** The last five, the latest at the end. */
  readonly Log: readonly ProbeResult[];
}

export const STARTING: HealthState = { Status: "starting", FailingStreak: 0, Log: [] };

const KEPT_RESULTS = 5;

/** Health after one more result, of a probe that began so long after the start. Pure (SPEC DR-02). */
export function afterProbe(
  state: HealthState,
  result: ProbeResult,
  check: Pick<HealthCheck, "retries" | "startPeriodMs">,
  sinceStartMs: number,
): HealthState {
  const Log = [...state.Log, result].slice(-KEPT_RESULTS);
  if (result.ExitCode === 0) return { Status: "healthy", FailingStreak: 0, Log };
  const isForgiven = state.Status === "starting" && sinceStartMs < check.startPeriodMs;
  const FailingStreak = state.FailingStreak + (isForgiven ? 0 : 1);
  const Status = FailingStreak >= check.retries ? "unhealthy" : state.Status;
  return { Status, FailingStreak, Log };
}

/** How long to wait for the next probe (SPEC DR-02). Pure. */
export function nextProbeMs(
  state: HealthState,
  check: Pick<HealthCheck, "intervalMs" | "startIntervalMs" | "startPeriodMs">,
  sinceStartMs: number,
): number {
  const isStarting = state.Status === "starting" && sinceStartMs < check.startPeriodMs;
  return isStarting ? check.startIntervalMs : check.intervalMs;
}
