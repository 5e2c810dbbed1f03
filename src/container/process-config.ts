import { DEFAULT_PATH } from "../core/default-path.ts";
import { SlipwayError } from "../core/errors.ts";
import type { ContainerConfig } from "../image/config.ts";

/** What a command line changes of an image's configuration. */
export interface ProcessOverrides {
  /** Words after the image's name. */
  readonly args: readonly string[];
  /** `--entrypoint`: replaces ENTRYPOINT and drops the image's CMD; `""` removes it (SPEC DR-01). */
  readonly entrypoint?: string;
  /** `K=V`, in order; a later one wins. */
  readonly env: readonly string[];
  /** Names whose variables are taken away. */
  readonly unsetEnv: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly tty: boolean;
  readonly hostname: string;
}

export interface ProcessConfig {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
}

/** Puts image and command line together (SPEC DR-01, DR-05 to DR-07). Pure. Throws `CONTAINER_START_FAILED` where there is nothing to run. */
export function processConfig(image: ContainerConfig, overrides: ProcessOverrides): ProcessConfig {
  const argv = commandOf(image, overrides);
  if (argv.length === 0)
    throw new SlipwayError("CONTAINER_START_FAILED", "no command specified", {
      hint: "the image has neither CMD nor ENTRYPOINT: write the command after the image's name",
    });
  return {
    argv,
    env: environmentOf(image, overrides),
    cwd: overrides.workdir ?? (image.WorkingDir || "/"),
    user: overrides.user ?? image.User ?? "",
  };
}

function commandOf(image: ContainerConfig, { args, entrypoint }: ProcessOverrides): readonly string[] {
  if (entrypoint !== undefined) return entrypoint === "" ? args : [entrypoint, ...args];
  return [...(image.Entrypoint ?? []), ...(args.length > 0 ? args : (image.Cmd ?? []))];
}

/** The image's variables, then HOSTNAME and TERM, then those of the command line; PATH where nobody sets it (SPEC DR-07). */
function environmentOf(
  image: ContainerConfig,
  { env, unsetEnv, tty, hostname }: ProcessOverrides,
): readonly string[] {
  const all = new Map<string, string>();
  const put = (pair: string) => {
    const at = pair.indexOf("=");
    all.set(at < 0 ? pair : pair.slice(0, at), at < 0 ? "" : pair.slice(at + 1));
  };
  if (!image.Env?.some((pair) => pair.startsWith("PATH="))) put(`PATH=${DEFAULT_PATH}`);
  put(`HOSTNAME=${hostname}`);
  if (tty) put("TERM=xterm");
  for (const pair of image.Env ?? []) put(pair);
  for (const pair of env) put(pair);
  for (const name of unsetEnv) all.delete(name);
  return [...all].map(([name, value]) => `${name}=${value}`);
}
