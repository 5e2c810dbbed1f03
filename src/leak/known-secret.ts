import { looksSecret } from "../core/secret-name.ts";
import { urlCredentials } from "./url-credentials.ts";

/** A value that must not leave, and what it is called: the id of a secret, or the name of a build argument. */
export interface KnownSecret {
  readonly id: string;
  readonly kind: "secret" | "build argument";
  readonly value: Uint8Array;
}

/** Shorter values turn up by chance: they are not searched. */
export const SHORTEST_SECRET = 8;
const SHORTEST_RANDOM = 16;
const SHORTEST_PASSWORD = 12;
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
export function looksRandom(text: string, shortest = SHORTEST_RANDOM): boolean {
  if (text.length < shortest || /\s/.test(text)) return false;
  if (text.includes("://") || looksPath(text) || looksTime(text)) return false;
  const digits = text.replace(/\D/g, "").length;
  return digits >= 3 && /[a-z]/i.test(text) && new Set(text).size >= LEAST_DIFFERENT;
}

/** A random text in base64 may begin like a path, too; but words do not go back and forth between small letters, capitals and digits. */
function looksPath(text: string): boolean {
  if (!/^[./~]/.test(text)) return false;
  const changes = text.match(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[a-z])|\d(?=[A-Z])/g) ?? [];
  return changes.length * 4 < text.length;
}

function looksTime(text: string): boolean {
  return /^[\d.:T_-]+Z?$/.test(text);
}

/** The build arguments whose name says that they are secret (SPEC §7 SecretsUsedInArgOrEnv) and whose value, or the credentials in it, look so, too. */
export function secretArguments(args: Readonly<Record<string, string>>): readonly KnownSecret[] {
  return Object.entries(args)
    .filter(([name]) => looksSecret(name))
    .flatMap(([id, text]) =>
      secretTexts(text).map((value) => ({ id, kind: "build argument", value: Buffer.from(value) }) as const),
    );
}

/** Names of build arguments that `secretArguments` leaves out, although they may be secrets that a person has chosen. */
export function unsearchedArguments(args: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(args)
    .filter(([name, text]) => looksSecret(name) && secretTexts(text).length === 0 && mayBeSecret(text))
    .map(([name]) => name);
}

function secretTexts(text: string): readonly string[] {
  const url = urlCredentials(text);
  const found = url
    ? [...url.passwords.filter(isPassword), ...url.parameters.filter(isParameter)]
    : [text].filter(isParameter);
  return [...new Set(found)];
}

/** In its place a password is one, even if it is somewhat short. */
function isPassword(text: string): boolean {
  return looksRandom(text, SHORTEST_PASSWORD);
}

function isParameter(text: string): boolean {
  return looksRandom(text);
}

function mayBeSecret(text: string): boolean {
  if (text.trim().length < SHORTEST_SECRET) return false;
  const url = urlCredentials(text);
  return url
    ? url.passwords.some(({ length }) => length >= SHORTEST_SECRET)
    : !looksPath(text) && !looksTime(text);
}
