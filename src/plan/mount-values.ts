import { goBoolean } from "../core/go-boolean.ts";
import { suggest } from "../core/suggest.ts";
import { didYouMean } from "./did-you-mean.ts";
import { invalidInstruction } from "./located.ts";

/** A boolean as Go's strconv reads it. */
export function parseBoolean(key: string, value: string): boolean {
  const parsed = goBoolean(value);
  if (parsed === undefined)
    throw invalidInstruction(`invalid value for ${key}: ${value}`, "write true or false");
  return parsed;
}

const SIZE = /^([0-9]+(?:\.[0-9]+)?) ?([kmgtp]?)(?:i?b)?$/i;
const POWERS = ["", "k", "m", "g", "t", "p"];

/** A size in bytes; suffixes are binary (`100m` = 100 × 1024²; SPEC MT-05). */
export function parseSize(key: string, value: string): number {
  const match = SIZE.exec(value);
  const bytes = match ? Number(match[1]) * 1024 ** POWERS.indexOf(match[2]!.toLowerCase()) : Number.NaN;
  if (!Number.isSafeInteger(Math.trunc(bytes)))
    throw invalidInstruction(
      `invalid value for ${key}: ${value}`,
      "write a number of bytes, or one such as 64m",
    );
  return Math.trunc(bytes);
}

const HIGHEST_ID = 2 ** 32 - 1;

/** A number in octal (`mode`) or decimal (`uid`, `gid`) of at most 32 bits. */
export function parseId(key: string, value: string, base: 8 | 10): number {
  const wellFormed = base === 8 ? /^[0-7]+$/ : /^[0-9]+$/;
  const number = wellFormed.test(value) ? Number.parseInt(value, base) : Number.NaN;
  if (!(number <= HIGHEST_ID))
    throw invalidInstruction(
      `invalid value ${value} for ${key}`,
      base === 8 ? "write octal digits, as in mode=0755" : "write a number from 0 to 4294967295",
    );
  return number;
}

/** `value` if it is one of `allowed` in lower case; else INSTRUCTION_INVALID with the closest one as suggestion. */
export function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const lower = value.toLowerCase();
  const found = allowed.find((item) => item === lower);
  if (found) return found;
  throw invalidInstruction(
    `unsupported ${what} "${value}"${didYouMean(suggest(lower, allowed))}`,
    `use one of ${allowed.join(", ")}`,
  );
}
