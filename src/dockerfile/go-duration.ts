import { SlipwayError } from "../core/errors.ts";
import { goQuote } from "./go-quote.ts";

const MINUTE = 60_000_000_000n;
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: MINUTE,
  h: 3_600_000_000_000n,
};
const LARGEST = 2n ** 63n - 1n;

/**
 * Nanoseconds of a duration in Go's syntax (`1m30s`, `500ms`, `1.5h`, `-2s`, a lone `0`; SPEC CF-17).
 * Throws INSTRUCTION_INVALID with Go's wording. Above 2^53 ns (104 days) the number is rounded.
 */
export function parseGoDuration(text: string): number {
  const unsigned = text.replace(/^[-+]/, "");
  if (unsigned === "0") return 0;
  if (unsigned === "") throw invalid(text);
  let total = 0n;
  for (let at = 0; at < unsigned.length; ) {
    const part = readPart(unsigned, at, text);
    total += part.nanoseconds;
    if (total > LARGEST) throw invalid(text);
    at = part.end;
  }
  return Number(text.startsWith("-") ? -total : total);
}

/** One number with its unit, from `at` on. */
function readPart(text: string, at: number, whole: string): { nanoseconds: bigint; end: number } {
  const number = /([0-9]*)(\.[0-9]*)?/y;
  number.lastIndex = at;
  const [written = "", digits = "", point = ""] = number.exec(text) ?? [];
  const fraction = point.slice(1);
  if (digits === "" && fraction === "") throw invalid(whole);
  const name = /[^0-9.]*/y;
  name.lastIndex = at + written.length;
  const [unitName = ""] = name.exec(text) ?? [];
  if (unitName === "") throw problem(`time: missing unit in duration ${goQuote(whole)}`);
  const unit = Object.hasOwn(UNITS, unitName) ? UNITS[unitName]! : undefined;
  if (unit === undefined)
    throw problem(`time: unknown unit ${goQuote(unitName)} in duration ${goQuote(whole)}`);
  if (digits.length > 40) throw invalid(whole);
  // Digits beyond the 20th decimal place are below every unit's nanosecond.
  const decimals = fraction.slice(0, 20);
  const scale = 10n ** BigInt(decimals.length);
  const nanoseconds = BigInt(digits || "0") * unit + (BigInt(decimals || "0") * unit) / scale;
  return { nanoseconds, end: name.lastIndex };
}

/** A duration as Go prints it: `30s`, `1m30s`, `1h0m0s`, `1.5ms`, `0s` (SPEC CF-19). */
export function formatGoDuration(nanoseconds: number): string {
  const sign = nanoseconds < 0 ? "-" : "";
  const total = BigInt(Math.abs(Math.trunc(nanoseconds)));
  if (total === 0n) return "0s";
  if (total < 1_000n) return `${sign}${total}ns`;
  if (total < 1_000_000n) return `${sign}${decimal(total, 3)}µs`;
  if (total < 1_000_000_000n) return `${sign}${decimal(total, 6)}ms`;
  const minutes = total / MINUTE;
  const seconds = `${decimal(total % MINUTE, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n
    ? `${sign}${minutes}m${seconds}`
    : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value` divided by 10^places, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const scale = 10n ** BigInt(places);
  const fraction = (value % scale).toString().padStart(places, "0").replace(/0+$/, "");
  return fraction === "" ? `${value / scale}` : `${value / scale}.${fraction}`;
}

function invalid(text: string): SlipwayError {
  return problem(`time: invalid duration ${goQuote(text)}`);
}

function problem(message: string): SlipwayError {
  return new SlipwayError("INSTRUCTION_INVALID", message, {
    hint: "write a duration such as 30s, 1m30s or 500ms",
  });
}
