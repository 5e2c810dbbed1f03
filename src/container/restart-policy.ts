import { SlipwayError } from "../core/errors.ts";

export interface RestartPolicy {
  readonly name: "no" | "on-failure" | "always" | "unless-stopped";
  /** Of `on-failure`; 0 is without limit. */
  readonly maximumRetries: number;
}

/** How a run of a container ended. */
export interface EndedRun {
  readonly exitCode: number;
  /** Somebody asked for the end. */
  readonly isStopped: boolean;
  readonly ranMs: number;
  /** Restarts in a row so far. */
  readonly restartCount: number;
  /** The last pause before a restart; 0 before the first. */
  readonly lastPauseMs: number;
}

export interface NextRun {
  readonly pauseMs: number;
}

export const NO_RESTART: RestartPolicy = { name: "no", maximumRetries: 0 };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;
/** Whoever ran for so long starts afresh. */
const STEADY_MS = 10_000;

/** `no`, `always`, `unless-stopped`, `on-failure[:n]`. Throws `USAGE`. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [name = "", count, ...rest] = text.split(":");
  if (rest.length === 0 && count === undefined && ["", "no", "always", "unless-stopped"].includes(name))
    return { name: (name || "no") as RestartPolicy["name"], maximumRetries: 0 };
  if (rest.length === 0 && name === "on-failure" && /^\d{0,9}$/.test(count ?? ""))
    return { name: "on-failure", maximumRetries: Number(count ?? 0) };
  throw new SlipwayError("USAGE", `invalid restart policy ${JSON.stringify(text)}`, {
    hint: "use no, on-failure[:max-retries], always or unless-stopped",
  });
}

/** Whether and when a container runs again. Pauses double from 100 ms to a minute (Docker's restart manager). Pure. */
export function nextRun(policy: RestartPolicy, ended: EndedRun): NextRun | undefined {
  const { exitCode, isStopped, ranMs, restartCount, lastPauseMs } = ended;
  if (isStopped || policy.name === "no") return undefined;
  if (policy.name === "on-failure") {
    if (exitCode === 0) return undefined;
    if (policy.maximumRetries > 0 && restartCount >= policy.maximumRetries) return undefined;
  }
  const isFresh = ranMs >= STEADY_MS || lastPauseMs === 0;
  return { pauseMs: isFresh ? FIRST_PAUSE_MS : Math.min(lastPauseMs * 2, LONGEST_PAUSE_MS) };
}
