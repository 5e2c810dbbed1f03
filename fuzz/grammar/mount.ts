import type { Random } from "../engine/random.ts";
import { path, text, word } from "./text.ts";

const KEYS = [
  "type",
  "from",
  "source",
  "src",
  "target",
  "dst",
  "destination",
  "ro",
  "rw",
  "readonly",
  "readwrite",
  "required",
  "size",
  "id",
  "sharing",
  "mode",
  "uid",
  "gid",
  "env",
  "typ",
  "TARGET",
];

/** The value of a `--mount` flag (SPEC MT-01). */
export function mountFlag(random: Random): string {
  const type = `type=${random.pick(["bind", "cache", "tmpfs", "secret", "ssh", "bnd", ""])}`;
  const fields = random.several(0, 5, () => field(random));
  return [...(random.chance(0.9) ? [type] : []), ...fields]
    .map((one) => (random.chance(0.05) ? `"${one}"` : one))
    .join(",");
}

function field(random: Random): string {
  const key = random.pick(KEYS);
  if (random.chance(0.15)) return key;
  return `${key}=${random.pick([path(random), text(random).replaceAll(/\s/g, ""), "0", "0755", "100m", "true", "false", "locked", "private", "s0", "$A", "${A:-x}", word(random)])}`;
}
