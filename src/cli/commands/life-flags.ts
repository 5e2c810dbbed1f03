import { resolve } from "node:path";
import type { Environment } from "../../api/environment.ts";
import type { RunContainerOptions } from "../../api/run.ts";
import type { HealthOptions } from "../../container/health-check.ts";
import { parseRestartPolicy } from "../../container/restart-policy.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parseGoDuration } from "../../dockerfile/go-duration.ts";
import { pairLines } from "../pair-lines.ts";
import type { RunFlags } from "./run-flag-values.ts";

/** Flags about names, the beginning and the end of a container, and its health, as options. Throws `USAGE`. */
export function lifeOptions(flags: RunFlags, { cwd }: Environment): Partial<RunContainerOptions> {
  const health = healthOptions(flags);
  const labels = labelsOf(flags, cwd);
  return {
    autoRemove: flags.rm ?? false,
    restart: parseRestartPolicy(flags.restart),
    init: flags.init ?? false,
    groupAdd: flags.groupAdd,
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(flags.cidfile ? { idFile: resolve(cwd, flags.cidfile) } : {}),
    ...(flags.stopSignal ? { stopSignal: flags.stopSignal } : {}),
    ...(flags.stopTimeout === undefined ? {} : { stopTimeout: seconds("--stop-timeout", flags.stopTimeout) }),
    ...(Object.keys(health).length > 0 ? { health } : {}),
  };
}

/** A whole number of seconds, or -1. Throws `USAGE`. */
export function seconds(flag: string, text: string): number {
  if (/^(-1|\d{1,9})$/.test(text)) return Number(text);
  throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for ${flag}`, {
    hint: "give a number of seconds, or -1 for no limit",
  });
}

function labelsOf(flags: RunFlags, cwd: string): Readonly<Record<string, string>> {
  const files = flags.labelFile.flatMap((file) => pairLines(resolve(cwd, file), "--label-file"));
  return Object.fromEntries(
    [...files, ...flags.label].map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function healthOptions(flags: RunFlags): HealthOptions {
  const { healthCmd, healthInterval, healthTimeout, healthRetries, healthStartPeriod } = flags;
  const time = (name: string, text: string | undefined) => (text === undefined ? {} : duration(name, text));
  return {
    ...(healthCmd === undefined ? {} : { command: healthCmd }),
    ...time("interval", healthInterval),
    ...time("timeout", healthTimeout),
    ...time("startPeriod", healthStartPeriod),
    ...time("startInterval", flags.healthStartInterval),
    ...(healthRetries === undefined ? {} : { retries: retries(healthRetries) }),
    ...(flags.healthcheck === false ? { isDisabled: true } : {}),
  };
}

function duration(name: string, text: string): HealthOptions {
  try {
    return { [name]: parseGoDuration(text) };
  } catch (cause) {
    throw new SlipwayError("USAGE", `invalid duration ${JSON.stringify(text)} of a health check`, {
      cause,
      hint: "write a duration such as 30s, 1m30s or 500ms",
    });
  }
}

function retries(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for --health-retries`, {
    hint: "give a whole number",
  });
}
