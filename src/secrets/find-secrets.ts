import { SECRET_PATTERNS, type SecretPattern } from "./patterns.ts";

/** A secret that was found in a text. */
export interface SecretHit {
  readonly pattern: Pick<SecretPattern, "name" | "title">;
  /** Position in the text, and line from 1. */
  readonly at: number;
  readonly line: number;
  /** The secret itself: never to be printed, see `maskSecret`. */
  readonly value: string;
}

/** So many hits in one text say enough. */
const MOST_HITS = 20;
/** Values that stand in the place of one. */
const PLACEHOLDER =
  /^(?:changeme|change[-_]me|password|passwd|secret|token|user|example|dummy|test|none|null|xxx+|\*+|<.*>|\$.*|%.*|\{\{.*\}\}|your[-_ ].*|(.)\1*|\.{3,})$/i;

/** What looks like a secret by its own form, the first of each value, up to so many. Linear in the text's length. */
export function findSecrets(text: string): SecretHit[] {
  const hits: SecretHit[] = [];
  for (const { pattern, at, value } of secretsIn(text)) {
    const { name, title } = pattern;
    hits.push({ pattern: { name, title }, at, line: lineOf(text, at), value });
    if (hits.length >= MOST_HITS) break;
  }
  return hits;
}

/** All of them, each value once. Linear in the text's length. */
export function* secretsIn(text: string): Generator<Omit<SecretHit, "line">> {
  const seen = new Set<string>();
  for (const pattern of SECRET_PATTERNS) {
    if (!text.includes(pattern.hint)) continue;
    for (const match of text.matchAll(pattern.expression)) {
      const value = match[1] ?? match[0];
      if (seen.has(value) || isPlaceholder(value)) continue;
      seen.add(value);
      yield { pattern, at: match.index, value };
    }
  }
}

const SECRET_WORDS = new Set([
  ...[
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
  ],
  ...["passphrase", "privatekey", "accesskey", "authkey"],
]);
const SECRET_PAIRS = new Set([
  "api key",
  "private key",
  "access key",
  "secret key",
  "auth key",
  "signing key",
  "encryption key",
]);
/** What follows makes it the place of a secret, or something about it. */
const HARMLESS_LAST = new Set([
  ...[
    "file",
    "path",
    "dir",
    "url",
    "uri",
    "id",
    "name",
    "length",
    "ttl",
    "expiry",
    "timeout",
    "type",
    "header",
    "policy",
    "min",
    "max",
    "enabled",
  ],
]);

/** Whether a variable's name says that its value is a secret: `DB_PASSWORD`, `apiKey`; but not `PASSWORD_FILE`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  if (words.length === 0 || HARMLESS_LAST.has(words.at(-1)!)) return false;
  return words.some((word, i) => SECRET_WORDS.has(word) || SECRET_PAIRS.has(`${word} ${words[i + 1] ?? ""}`));
}

/** Whether the value of a variable with a secret's name is one: no path, no reference to another variable, nothing that stands for it. */
export function isSecretValue(value: string): boolean {
  return value.length >= 4 && !isPlaceholder(value) && !/^(?:\/|\.\/|true$|false$|\d{1,5}$)/i.test(value);
}

/** Enough to recognise a secret, not enough to use it. */
export function maskSecret(value: string): string {
  const shown = value.startsWith("-----BEGIN")
    ? value.split("\n")[0]!
    : value.slice(0, Math.min(4, value.length / 4));
  return `${shown}… (${value.length} characters)`;
}

function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || /example|EXAMPLE/.test(value);
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line += 1;
  return line;
}
