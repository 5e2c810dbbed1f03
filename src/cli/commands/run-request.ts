import { resolve } from "node:path";
import type { RunContainerOptions } from "../../api/run.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { CliContext } from "../cli-context.ts";
import { pairLines } from "../pair-lines.ts";
import { parseBytes } from "../parse-bytes.ts";
import { parseUlimits } from "../parse-flags.ts";
import { runResources } from "../resource-flags.ts";
import { writeText } from "../write-text.ts";
import { lifeOptions } from "./life-flags.ts";
import { placeOptions } from "./place-options.ts";
import type { RunFlags } from "./run-flag-values.ts";

/** Turns the command line of `run` into the library's options (SPEC 8.6). Throws `USAGE` with the flag that is wrong. */
export function runOptions(
  context: CliContext,
  image: string,
  args: readonly string[],
  flags: RunFlags,
): RunContainerOptions {
  const { variables } = context.environment;
  const { env, unset } = environmentFlags(flags, context);
  if (flags.tty && flags.interactive && !flags.detach && !context.stdin.isTTY)
    throw new SlipwayError("USAGE", "the input device is not a TTY", {
      hint: "leave -t or -i out where input is a pipe or a file",
    });
  return {
    ...lifeOptions(flags, context.environment),
    image,
    args,
    env,
    unsetEnv: unset,
    tty: flags.tty ?? false,
    interactive: flags.interactive ?? false,
    ...placeOptions(flags),
    ulimits: parseUlimits(flags.ulimit),
    resources: runResources(flags),
    ...(flags.cgroupParent ? { cgroupParent: flags.cgroupParent } : {}),
    onWarning: (message) => writeText(context.stderr, `WARNING: ${message}\n`),
    readOnly: flags.readOnly ?? false,
    capAdd: flags.capAdd,
    capDrop: flags.capDrop,
    pull: pullMode(flags.pull),
    ...(flags.entrypoint === undefined ? {} : { entrypoint: flags.entrypoint }),
    ...(flags.workdir ? { workdir: flags.workdir } : {}),
    ...(flags.user ? { user: flags.user } : {}),
    ...(flags.shmSize ? { shmSize: parseBytes("--shm-size", flags.shmSize) } : {}),
    ...(flags.platform
      ? { platform: parsePlatform(flags.platform) }
      : variables.DOCKER_DEFAULT_PLATFORM
        ? { platform: parsePlatform(variables.DOCKER_DEFAULT_PLATFORM) }
        : {}),
    preflight: flags.preflight,
    ...(flags.runtime ? { runtime: flags.runtime } : {}),
  };
}

/** Variables of `-e` and `--env-file`; `unset` are names that the environment does not have (SPEC DR-07). */
export function environmentFlags(
  flags: Pick<RunFlags, "env" | "envFile">,
  { environment }: CliContext,
): { env: string[]; unset: string[] } {
  const env: string[] = [];
  const unset: string[] = [];
  const add = (item: string): void => {
    if (/^(?:=|$)/.test(item))
      throw new SlipwayError("USAGE", `${JSON.stringify(item)} names no environment variable`, {
        hint: "write NAME=VALUE, or NAME for the value that it has here",
      });
    if (item.includes("=")) env.push(item);
    else if (environment.variables[item] !== undefined) env.push(`${item}=${environment.variables[item]}`);
    else unset.push(item);
  };
  for (const file of flags.envFile)
    for (const line of pairLines(resolve(environment.cwd, file), "--env-file")) add(line);
  for (const item of flags.env) add(item);
  return { env, unset };
}

function pullMode(mode: string): "always" | "missing" | "never" {
  if (mode === "always" || mode === "missing" || mode === "never") return mode;
  throw new SlipwayError("USAGE", `--pull is always, missing or never, not ${JSON.stringify(mode)}`);
}
