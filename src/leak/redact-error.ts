import { isDeepStrictEqual } from "node:util";
import { redactValue } from "./redact-secrets.ts";
import type { SecretSearch } from "./secret-search.ts";

/** Causes of causes beyond that are left out. */
const DEEPEST = 8;

/**
 * An error of any kind without secrets in its message, stack, facts, causes and whatever else it carries; the same one where it has none.
 * Its class and codes stay.
 */
export function redactError(error: unknown, search: SecretSearch, depth = 0): unknown {
  if (Array.isArray(error)) return error.map((item) => redactError(item, search, depth));
  if (!(error instanceof Error)) return redactValue(error, search);
  if (depth > DEEPEST) return undefined;
  const told = partsOf(error);
  const clean = told.map(([name, part]) => [name, redactError(part, search, depth + 1)] as const);
  if (clean.every(([, part], i) => isDeepStrictEqual(part, told[i]![1]))) return error;
  const copy = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error));
  for (const [name, value] of clean)
    Object.defineProperty(copy, name, { value, enumerable: isShown(error, name), configurable: true });
  return copy;
}

/** Also what is not enumerable: message, stack, cause, errors. */
function partsOf(error: Error): readonly (readonly [name: string, part: unknown])[] {
  return Object.getOwnPropertyNames(error).map((name) => [name, error[name as keyof Error]]);
}

function isShown(error: Error, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(error, name);
}
