import { parseArgs } from "node:util";
import { editDistance } from "../src/core/suggest.ts";

/** How the benchmark was called. */
export interface Options {
  /** Names of the rows and curves to measure, as they were given; all where there are none. */
  readonly only: readonly string[];
  readonly runs: number;
  readonly peers: boolean;
  /** Rows of the table, curves of growth, or both. */
  readonly parts: "all" | "table" | "scaling";
  readonly list: boolean;
  readonly writeDocs: boolean;
  /** Folder for JSON and picture; undefined for the usual one. */
  readonly results: string | undefined;
  /** A JSON file of an earlier run, shown again instead of measuring. */
  readonly from: string | undefined;
  /** Words that run the peers. */
  readonly docker: readonly string[];
  readonly buildah: readonly string[];
}

export const USAGE = `npm run bench -- [options]

  --only NAME[,NAME]  rows and curves whose name is this, or contains it
  --runs N            measured runs of each (5); an odd number has a middle one
  --no-peers          without docker and buildah
  --scaling           the curves only
  --no-scaling        the table only
  --list              prints the names
  --results FOLDER    where JSON and picture go (bench/results)
  --from FILE         shows the JSON of an earlier run instead of measuring
  --write-docs        puts table and picture into docs/

Environment:
  SLIPWAY_BENCH_DOCKER    the words that run docker (docker)
  SLIPWAY_BENCH_BUILDAH   the words that run buildah (buildah)
  SLIPWAY_BENCH_CACHE     where the Debian base is kept between runs (~/.cache/slipway-bench)
`;

/** A call that cannot be meant; the message says why. */
export class UsageError extends Error {}

/** @throws UsageError for what is no option, and for options that exclude each other */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const values = read(args);
  if (values.scaling && values["no-scaling"])
    throw new UsageError("--scaling and --no-scaling exclude each other");
  return {
    only: (values.only ?? []).flatMap((list) => list.split(",")).filter(Boolean),
    runs: positive("--runs", values.runs),
    peers: !values["no-peers"],
    parts: values.scaling ? "scaling" : values["no-scaling"] ? "table" : "all",
    list: values.list,
    writeDocs: values["write-docs"],
    results: values.results,
    from: values.from,
    docker: words(env.SLIPWAY_BENCH_DOCKER || "docker"),
    buildah: words(env.SLIPWAY_BENCH_BUILDAH || "buildah"),
  };
}

function read(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true },
        runs: { type: "string", default: "5" },
        "no-peers": flag,
        scaling: flag,
        "no-scaling": flag,
        list: flag,
        "write-docs": flag,
        results: { type: "string" },
        from: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`${flag} takes a whole number from 1, not ${text}`);
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}

/**
 * Those of `known` that `only` selects, in their order: by the whole name where there is one like it, else by a part of it.
 * @throws UsageError for a name that selects nothing; names the nearest known one
 */
export function choose(known: readonly string[], only: readonly string[]): readonly string[] {
  if (only.length === 0) return known;
  const chosen = new Set(only.flatMap((wanted) => matches(known, wanted)));
  return known.filter((name) => chosen.has(name));
}

function matches(known: readonly string[], wanted: string): readonly string[] {
  if (known.includes(wanted)) return [wanted];
  const found = known.filter((name) => name.includes(wanted));
  if (found.length > 0) return found;
  throw new UsageError(`nothing is called ${wanted}; the nearest is ${nearest(known, wanted)}`);
}

function nearest(known: readonly string[], wanted: string): string {
  const distance = (name: string) => editDistance(name, wanted, Number.POSITIVE_INFINITY) ?? 0;
  return known.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}
