import { SlipwayError } from "../core/errors.ts";
import { trimEndOf } from "../dockerfile/white-space.ts";

/** A digest that downloaded bytes must have (SPEC AD-07). `hex` is lowercase. */
export interface UrlChecksum {
  readonly algorithm: "sha256" | "sha384" | "sha512";
  readonly hex: string;
}

const HEX_DIGITS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Reads `algorithm:hex`. Throws `INSTRUCTION_INVALID`. */
export function parseUrlChecksum(text: string): UrlChecksum {
  const fail = (problem: string): SlipwayError =>
    new SlipwayError("INSTRUCTION_INVALID", `${problem}: ${JSON.stringify(text)}`, {
      hint: "write sha256:, sha384: or sha512: and the hex digits",
    });
  const [, algorithm = "", hex = ""] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/.exec(text) ?? [];
  if (algorithm === "") throw fail("invalid checksum digest format");
  const digits = Object.hasOwn(HEX_DIGITS, algorithm) ? HEX_DIGITS[algorithm] : undefined;
  if (digits === undefined) throw fail("unsupported digest algorithm");
  if (hex.length !== digits) throw fail("invalid checksum digest length");
  if (!/^[0-9a-f]+$/.test(hex)) throw fail("invalid checksum digest format");
  return { algorithm: algorithm as UrlChecksum["algorithm"], hex };
}

/** Name of the file that a URL gives: the last segment of its path, percent-decoded, or `__unnamed__` (SPEC AD-05). */
export function urlFileName(url: string): string {
  const path = decodeURIComponentOr(new URL(url).pathname);
  const name = trimEndOf(path, "/").split("/").at(-1) ?? "";
  return name === "" || name === "." || name === ".." || name.includes("\0") ? "__unnamed__" : name;
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
