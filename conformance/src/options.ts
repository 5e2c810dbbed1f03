import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** How the suite was called. */
export interface Options {
  readonly only: string | undefined;
  readonly jobs: number;
  readonly refresh: boolean;
  readonly json: string | undefined;
  readonly show: boolean;
  readonly list: boolean;
  readonly random: number;
  readonly seed: number;
  readonly save: string | undefined;
  /** Words that run docker. */
  readonly docker: readonly string[];
  readonly cache: string;
}

export const USAGE = `npm run conformance -- [options]

  --only PATTERN   cases whose name (area/case) matches this regular expression
  --jobs N         cases at the same time (2)
  --refresh        builds with BuildKit again what it built before
  --show           prints what both made of each case
  --list           prints the names of the cases
  --json FILE      writes the report to a file, - for standard output
  --random N       N generated cases instead of the written ones
  --seed S         the first of their seeds (1)
  --save FOLDER    writes generated cases that differ to this folder

Environment:
  SLIPWAY_CONFORMANCE_DOCKER   the words that run docker (docker)
  SLIPWAY_CONFORMANCE_CACHE    where results of BuildKit are kept
`;

/** @throws TypeError for what is no option */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      jobs: { type: "string", default: "2" },
      refresh: { type: "boolean", default: false },
      json: { type: "string" },
      show: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      random: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
      save: { type: "string" },
    },
  });
  const cacheHome = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return {
    only: values.only,
    jobs: positive("--jobs", values.jobs, 1),
    refresh: values.refresh,
    json: values.json,
    show: values.show,
    list: values.list,
    random: positive("--random", values.random, 0),
    seed: positive("--seed", values.seed, 0),
    save: values.save,
    docker: (env.SLIPWAY_CONFORMANCE_DOCKER || "docker").split(/\s+/).filter(Boolean),
    cache: env.SLIPWAY_CONFORMANCE_CACHE || join(cacheHome, "slipway-conformance"),
  };
}

function positive(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new TypeError(`${flag} takes a number from ${least}, not ${text}`);
}
