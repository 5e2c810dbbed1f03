import { looksSecret } from "../core/secret-name.ts";

/** A value that must not leave, and what it is called: the id of a secret, or the name of a build argument. */
export interface KnownSecret {
  readonly id: string;
  readonly kind: "secret" | "build argument";
  readonly value: Uint8Array;
}

/** Shorter values turn up by chance: they are not searched. */
export const SHORTEST_SECRET = 8;
const SHORTEST_RANDOM = 16;
const LEAST_DIFFERENT = 8;

/** Files end in a line feed that nobody means. */
export function trimmed(value: Uint8Array): Buffer {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  let end = bytes.length;
  while (end > 0 && isBlank(bytes[end - 1]!)) end--;
  let start = 0;
  while (start < end && isBlank(bytes[start]!)) start++;
  return bytes.subarray(start, end);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

export function isSearchable({ value }: KnownSecret): boolean {
  return trimmed(value).length >= SHORTEST_SECRET;
}

/**
 * Whether a text looks made by a machine and not chosen by a person: 16 characters or more, no white space, at least 8 different
 * characters, letters and digits both (at least three digits), and no URL, path or version.
 */
export function looksRandom(text: string): boolean {
  if (text.length < SHORTEST_RANDOM || /\s/.test(text)) return false;
  if (text.includes("://") || /^[./~]/.test(text) || /^[\d.:T_-]+Z?$/.test(text)) return false;
  const digits = text.replace(/\D/g, "").length;
  return digits >= 3 && /[a-z]/i.test(text) && new Set(text).size >= LEAST_DIFFERENT;
}

/** The build arguments whose name says that they are secret (SPEC §7 SecretsUsedInArgOrEnv) and whose value looks so, too. */
export function secretArguments(args: Readonly<Record<string, string>>): readonly KnownSecret[] {
  return Object.entries(args)
    .filter(([name, value]) => looksSecret(name) && looksRandom(value))
    .map(([id, value]) => ({ id, kind: "build argument", value: Buffer.from(value) }) as const);
}
