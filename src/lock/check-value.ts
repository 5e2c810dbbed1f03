import { suggest } from "../core/suggest.ts";
import type { Schema } from "./schema.ts";

/** Where in a document a value is: the names that lead to it. */
export type ValuePath = readonly string[];

/** A mistake; `isName`: it is the name of the value that is wrong. */
export interface ValueProblem {
  readonly path: ValuePath;
  readonly message: string;
  readonly hint?: string;
  readonly isName?: true;
}

/** Every way in which a value of a JSON document is not what its schema says. */
export function checkValue(schema: Schema, value: unknown, path: ValuePath = []): readonly ValueProblem[] {
  if (!isOfType(value, schema.type))
    return [{ path, message: `${called(path)} is ${kindOf(value)}, and must be ${WANTED[schema.type]}` }];
  if (schema.type === "object") return checkObject(schema, value as Record<string, unknown>, path);
  const wanted = unmet(schema, value as string | number);
  return wanted === undefined
    ? []
    : [{ path, message: `${called(path)} is ${shown(value)}, and must be ${wanted}` }];
}

function checkObject(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  path: ValuePath,
): readonly ValueProblem[] {
  const { properties = {}, additionalProperties, required = [], minProperties = 0 } = schema;
  const inside = Object.entries(value).flatMap(([name, member]): readonly ValueProblem[] => {
    const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return own
      ? checkValue(own, member, [...path, name])
      : [unknownName(name, Object.keys(properties), path)];
  });
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => ({ path, message: `${called(path)} lacks ${JSON.stringify(name)}` }));
  const empty =
    Object.keys(value).length < minProperties ? [{ path, message: `${called(path)} is empty` }] : [];
  return [...inside, ...missing, ...empty];
}

function unknownName(name: string, known: readonly string[], path: ValuePath): ValueProblem {
  const near = suggest(name, known, 3);
  return {
    path: [...path, name],
    isName: true,
    message: `${JSON.stringify(name)} is not known in ${called(path)}`,
    hint: near ? `did you mean ${near}?` : `known are ${known.join(", ")}`,
  };
}

/** What a scalar should be and is not. */
function unmet(schema: Schema, value: string | number): string | undefined {
  const { const: constant, minimum, pattern } = schema;
  if (constant !== undefined && value !== constant) return String(constant);
  if (minimum !== undefined && (value as number) < minimum) return `at least ${minimum}`;
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value as string))
    return schema["x-wanted"] ?? `like ${pattern}`;
  return undefined;
}

function isOfType(value: unknown, type: Schema["type"]): boolean {
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return type === "integer" ? Number.isSafeInteger(value) : typeof value === type;
}

const WANTED: Readonly<Record<Schema["type"], string>> = {
  object: "an object",
  string: "text",
  integer: "a whole number",
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : shown(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function called(path: ValuePath): string {
  return path.length === 0 ? "the lock" : path.map((name) => JSON.stringify(name)).join(" → ");
}
