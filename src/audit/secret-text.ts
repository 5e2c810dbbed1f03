import { findSecrets, isSecretName, isSecretValue, maskSecret } from "../secrets/find-secrets.ts";

/** `NAME=value` as shells and instructions have it; values with quotes or without. */
const ASSIGNMENT = /(?:^|\s)([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|(\S+))/g;

export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** Every assignment in a text. */
export function* assignmentsIn(text: string): Generator<Assignment> {
  for (const [, name = "", double, single, plain = ""] of text.matchAll(ASSIGNMENT))
    yield { name, value: double ?? single ?? plain };
}

/** What kind of secret a variable holds, in words; undefined where it looks harmless. */
export function secretIn({ name, value }: Assignment): string | undefined {
  const [hit] = findSecrets(value);
  if (hit) return `${hit.pattern.title}: ${maskSecret(hit.value)}`;
  return isSecretName(name) && isSecretValue(value)
    ? `what its name calls a secret: ${maskSecret(value)}`
    : undefined;
}

/** The text with its secrets masked: reports show instructions, and must not repeat what they warn of. */
export function withoutSecrets(text: string): string {
  const secrets = findSecrets(text).map(({ value }) => value);
  for (const assignment of assignmentsIn(text))
    if (secretIn(assignment) !== undefined) secrets.push(assignment.value);
  return [...new Set(secrets)]
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, maskSecret(secret)), text);
}
