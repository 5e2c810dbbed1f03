import { startTimer } from "../core/timer.ts";
import type { HealthCheck } from "./health-check.ts";
import { afterProbe, type HealthState, nextProbeMs, type ProbeResult, STARTING } from "./health-state.ts";

/** How a probe ended. */
export interface ProbeEnd {
  readonly exitCode: number;
  /** What it wrote, both streams as they came. */
  readonly output: Buffer;
}

export interface HealthWatch {
  readonly check: HealthCheck;
  /** Runs the check's command in the container, and ends it when the signal is aborted. */
  readonly probe: (argv: readonly string[], signal: AbortSignal) => Promise<ProbeEnd>;
  /** Told at the beginning and after every probe. */
  readonly onChange: (state: HealthState) => void;
}

const KEPT_OUTPUT = 4096;

/** Checks a container from now on, one probe at a time (SPEC DR-02). Gives the function that ends it, and a probe that is going on. */
export function watchHealth({ check, probe, onChange }: HealthWatch): () => void {
  const started = Date.now();
  const ending = new AbortController();
  let state: HealthState = STARTING;
  let stopTimer = (): void => {};
  const plan = (): void => {
    if (ending.signal.aborted) return;
    stopTimer = startTimer(nextProbeMs(state, check, Date.now() - started), () => void round());
  };
  const round = async (): Promise<void> => {
    const begun = Date.now();
    const result = await runProbe(check, probe, ending.signal);
    if (ending.signal.aborted) return;
    state = afterProbe(state, result, check, begun - started);
    onChange(state);
    plan();
  };
  onChange(state);
  plan();
  return () => {
    stopTimer();
    ending.abort();
  };
}

async function runProbe(
  check: HealthCheck,
  probe: HealthWatch["probe"],
  ending: AbortSignal,
): Promise<ProbeResult> {
  const Start = new Date().toISOString();
  const timeUp = new AbortController();
  const stopTimer = startTimer(check.timeoutMs, () => timeUp.abort());
  let [ExitCode, Output] = [-1, ""];
  try {
    const end = await probe(check.argv, AbortSignal.any([ending, timeUp.signal]));
    [ExitCode, Output] = [end.exitCode, shortened(end.output)];
  } catch (error) {
    Output = error instanceof Error ? error.message : String(error);
  } finally {
    stopTimer();
  }
  if (timeUp.signal.aborted) {
    ExitCode = -1;
    Output = `Health check exceeded timeout (${check.timeoutMs / 1000}s)${Output === "" ? "" : `: ${Output}`}`;
  }
  return { Start, End: new Date().toISOString(), ExitCode, Output };
}

function shortened(output: Buffer): string {
  const text = output.subarray(0, KEPT_OUTPUT).toString("utf8");
  return output.length > KEPT_OUTPUT ? `${text}...` : text;
}
