import { cpus as processors } from "node:os";
import { normalizeResources } from "../api/resource-limits.ts";
import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import type { Resources } from "../runtime/request.ts";
import type { RunFlags } from "./commands/run-flag-values.ts";
import { parseBytes } from "./parse-bytes.ts";

type Limit = Partial<Resources>;

/** Names of limits as command lines write them (SPEC 8.1, --resource), with how their values are read. */
const LIMITS: Readonly<Record<string, (value: string) => Limit>> = {
  memory: (value) => ({ memory: parseBytes("memory", value) }),
  "memory-swap": (value) => ({ memorySwap: value === "-1" ? -1 : parseBytes("memory-swap", value) }),
  "cpu-shares": (value) => ({ cpuShares: wholeNumber("cpu-shares", value) }),
  "cpu-period": (value) => ({ cpuPeriod: wholeNumber("cpu-period", value) }),
  "cpu-quota": (value) => ({ cpuQuota: wholeNumber("cpu-quota", value) }),
  "cpuset-cpus": (value) => ({ cpusetCpus: list("cpuset-cpus", value) }),
  "cpuset-mems": (value) => ({ cpusetMems: list("cpuset-mems", value) }),
};

/** `name=value` pairs; a later one of the same name wins. Throws `USAGE`. */
export function parseResources(pairs: readonly string[]): Resources {
  return Object.assign({}, ...pairs.map(parsePair));
}

/** Values of flags that are named for limits, as pairs; the last value of each counts. */
export function legacyPairs(flags: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(flags).flatMap(([name, values]) =>
    values.slice(-1).map((value) => `${name}=${value}`),
  );
}

function parsePair(pair: string): Limit {
  const at = pair.indexOf("=");
  const name = at < 0 ? pair : pair.slice(0, at);
  const read = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
  if (!read) {
    const near = suggest(name, Object.keys(LIMITS));
    const hint = near ? `did you mean ${near}?` : `known resources: ${Object.keys(LIMITS).join(", ")}`;
    throw new SlipwayError("USAGE", `unknown resource ${JSON.stringify(name)}`, { hint });
  }
  if (at < 0)
    throw new SlipwayError("USAGE", `resource ${JSON.stringify(name)} has no value`, {
      hint: `write ${name}=VALUE`,
    });
  return read(pair.slice(at + 1));
}

function wholeNumber(name: string, text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for ${name}`, {
    hint: "give a whole number",
  });
}

/** Numbers and ranges, as the kernel reads them: `0-2,7`. */
function list(name: string, text: string): string {
  if (/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return text;
  throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for ${name}`, {
    hint: "write numbers and ranges, for example 0-2,7",
  });
}

/** The flags of `run`. Throws `USAGE`. */
export function runResources(flags: RunFlags): Resources {
  const { memory, memorySwap, cpus, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems, pidsLimit } =
    flags;
  if (cpus !== undefined && (cpuPeriod !== undefined || cpuQuota !== undefined))
    throw new SlipwayError("USAGE", "--cpus cannot go with --cpu-period or --cpu-quota");
  const pairs = legacyPairs({
    memory: given(memory),
    "memory-swap": given(memorySwap),
    "cpu-shares": given(cpuShares),
    "cpu-period": given(cpuPeriod),
    "cpu-quota": given(cpuQuota),
    "cpuset-cpus": given(cpusetCpus),
    "cpuset-mems": given(cpusetMems),
  });
  return normalizeResources({
    ...parseResources(pairs),
    ...(cpus === undefined ? {} : bandwidth(cpus)),
    ...(pidsLimit === undefined ? {} : { pidsLimit: wholeNumber("--pids-limit", pidsLimit) }),
  });
}

function given(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

/** `--cpus 1.5` as quota and period; no more than there are, as with Docker. */
function bandwidth(text: string): Limit {
  const cpus = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(cpus >= 0.01))
    throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for --cpus`, {
      hint: "write a number of processors, for example 1.5",
    });
  const all = processors().length;
  if (cpus > all)
    throw new SlipwayError(
      "USAGE",
      `the range of CPUs is from 0.01 to ${all.toFixed(2)}, as there are only ${all} CPUs available`,
      { hint: "give --cpus less, or leave it out: then there is no limit" },
    );
  return { cpuPeriod: 100_000, cpuQuota: Math.round(cpus * 100_000) };
}
