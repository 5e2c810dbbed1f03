import { SlipwayError } from "../core/errors.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** A number of bytes as Docker's flags write it: `64m`, `1g`, `512`; binary units, either case, an optional `b` or `ib` behind. */
export function parseBytes(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim());
  const unit = match && UNITS[match[2]!.toLowerCase()];
  if (!match || unit === undefined || unit === null)
    throw new SlipwayError("USAGE", `${flag}: invalid size ${JSON.stringify(text)}`, {
      hint: "write for example 64m or 1g",
    });
  return Math.floor(Number(match[1]) * unit);
}
