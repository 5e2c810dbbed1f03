import { SlipwayError } from "../core/errors.ts";
import type { ContainerConfig, Healthcheck } from "../image/config.ts";

/** What a command line changes of an image's health check; times in nanoseconds, 0 or absent keeps what the image says. */
export interface HealthOptions {
  /** For a shell. */
  readonly command?: string;
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
  /** `--no-healthcheck` */
  readonly isDisabled?: boolean;
}

/** A check that is to be made. */
export interface HealthCheck {
  readonly argv: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
}

const SECOND_NS = 1e9;
/** Docker takes no shorter times. */
const SHORTEST_NS = 1e6;
const DEFAULTS = { interval: 30, timeout: 30, startPeriod: 0, startInterval: 5, retries: 3 } as const;
const SHELL: readonly string[] = ["/bin/sh", "-c"];

/** Checks what the command line says by itself (SPEC DR-02). Throws `USAGE`. */
export function checkHealthOptions(options: HealthOptions): void {
  const { isDisabled, ...others } = options;
  if (isDisabled && Object.values(others).some((value) => value !== undefined))
    throw new SlipwayError("USAGE", "--no-healthcheck conflicts with --health-* options");
  for (const [name, value] of Object.entries(others)) {
    if (typeof value !== "number") continue;
    if (value < 0) throw new SlipwayError("USAGE", `--health-${kebab(name)} cannot be negative`);
    if (name !== "retries" && value > 0 && value < SHORTEST_NS)
      throw new SlipwayError("USAGE", `--health-${kebab(name)} cannot be less than 1ms`);
  }
}

/** The image's check with the command line's changes, as `inspect` shows it; undefined where neither says anything. */
export function mergedHealthcheck(
  image: Healthcheck | undefined,
  options: HealthOptions = {},
): Healthcheck | undefined {
  if (options.isDisabled) return { Test: ["NONE"] };
  const merged = {
    ...image,
    ...(options.command === undefined ? {} : { Test: ["CMD-SHELL", options.command] }),
    ...(options.interval ? { Interval: options.interval } : {}),
    ...(options.timeout ? { Timeout: options.timeout } : {}),
    ...(options.startPeriod ? { StartPeriod: options.startPeriod } : {}),
    ...(options.startInterval ? { StartInterval: options.startInterval } : {}),
    ...(options.retries ? { Retries: options.retries } : {}),
  };
  return Object.keys(merged).length > 0 ? merged : undefined;
}

/** The check to make in a container; undefined where there is none, or it is switched off. */
export function healthCheckOf(config: ContainerConfig, options?: HealthOptions): HealthCheck | undefined {
  const merged = mergedHealthcheck(config.Healthcheck, options);
  const [kind, ...words] = merged?.Test ?? [];
  if (merged === undefined || words.length === 0 || (kind !== "CMD" && kind !== "CMD-SHELL"))
    return undefined;
  const shell = config.Shell && config.Shell.length > 0 ? config.Shell : SHELL;
  const ms = (ns: number | undefined, fallback: number) => (ns || fallback * SECOND_NS) / 1e6;
  return {
    argv: kind === "CMD" ? words : [...shell, words.join(" ")],
    intervalMs: ms(merged.Interval, DEFAULTS.interval),
    timeoutMs: ms(merged.Timeout, DEFAULTS.timeout),
    startPeriodMs: ms(merged.StartPeriod, DEFAULTS.startPeriod),
    startIntervalMs: ms(merged.StartInterval, DEFAULTS.startInterval),
    retries: merged.Retries || DEFAULTS.retries,
  };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
