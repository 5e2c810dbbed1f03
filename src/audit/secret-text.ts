import { findSecrets, isSecretName, isSecretValue, maskSecret, secretsIn } from "../secrets/find-secrets.ts";
import { type Occurrence, occurrencesOf } from "../secrets/occurrences.ts";

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

/**
 * The text with its secrets masked, wherever in it they stand: reports show instructions, and must not repeat what they warn of.
 * Of secrets that overlap nothing is shown. Linear in the text's length, since it is somebody else's.
 */
export function withoutSecrets(text: string): string {
  const secrets = new Set<string>();
  for (const { value } of secretsIn(text)) secrets.add(value);
  for (const assignment of assignmentsIn(text))
    if (secretIn(assignment) !== undefined) secrets.add(assignment.value);
  const parts: string[] = [];
  let shown = 0;
  for (const { start, end } of merged([...occurrencesOf(secrets, text)])) {
    parts.push(text.slice(shown, start), maskSecret(text.slice(start, end)));
    shown = end;
  }
  return parts.join("") + text.slice(shown);
}

/** Occurrences in the order of their ends, those that overlap as one. */
function merged(found: readonly Occurrence[]): readonly Occurrence[] {
  const whole: Occurrence[] = [];
  for (const one of found) {
    let { start } = one;
    while (whole.length > 0 && whole.at(-1)!.end > start) start = Math.min(start, whole.pop()!.start);
    whole.push({ start, end: one.end });
  }
  return whole;
}
