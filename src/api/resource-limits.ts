import { SlipwayError } from "../core/errors.ts";
import type { Resources } from "../runtime/request.ts";

/** Numbers may be 0, which means no limit, as for other builders. */
const NUMBERS = ["memory", "memorySwap", "cpuShares", "cpuPeriod", "cpuQuota", "pidsLimit"] as const;
const TEXTS = ["cpusetCpus", "cpusetMems"] as const;
/** These may be -1: without limit. */
const SIGNED: ReadonlySet<string> = new Set(["memorySwap", "cpuQuota", "pidsLimit"]);

/** Checks limits and leaves out those that limit nothing. Throws `USAGE`. */
export function normalizeResources(asked: Resources | undefined): Resources {
  if (asked === undefined) return {};
  const known: readonly string[] = [...NUMBERS, ...TEXTS];
  for (const name of Object.keys(asked))
    if (!known.includes(name))
      throw usage(`unknown resource ${JSON.stringify(name)}`, `known: ${known.join(", ")}`);
  for (const name of NUMBERS) checkNumber(name, asked[name]);
  for (const name of TEXTS) checkText(name, asked[name]);
  checkSwap(asked);
  return Object.freeze(
    Object.fromEntries(
      Object.entries(asked).filter(([, value]) => value !== undefined && value !== 0 && value !== ""),
    ),
  );
}

const LEAST_MEMORY = 6 * 1024 * 1024;

/** A container is not given so little memory that nothing starts in it: that is a unit forgotten, and Docker refuses it, too. Throws `USAGE`. */
export function checkContainerMemory({ memory = 0 }: Resources): void {
  if (memory !== 0 && memory < LEAST_MEMORY)
    throw usage("the minimum memory limit allowed is 6MB", "write --memory with a unit, for example 64m");
}

function checkNumber(name: string, value: unknown): void {
  if (value === undefined) return;
  const least = SIGNED.has(name) ? -1 : 0;
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw usage(
    `the limit ${name} has to be a whole number`,
    least < 0 ? "-1 stands for no limit" : "0 stands for no limit",
  );
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && /^[\d,-]*$/.test(value))) return;
  throw usage(`the limit ${name} has to be a list`, "write numbers and ranges, for example 0-2,7");
}

/** Memory and swap are limited together. */
function checkSwap({ memory = 0, memorySwap = 0 }: Resources): void {
  if (memorySwap === 0) return;
  if (memory === 0) throw usage("a limit of memory-swap needs one of memory", "give both");
  if (memorySwap > 0 && memorySwap < memory)
    throw usage(
      "the limit of memory-swap is lower than that of memory",
      "it is that of memory and swap together",
    );
}

function usage(message: string, hint: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", message, { hint });
}
