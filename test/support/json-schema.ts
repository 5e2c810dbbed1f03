/** A JSON Schema, as far as `schemaProblems` reads it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * What a value has that its schema does not allow, each with its place; empty where it is valid. The part of JSON Schema (draft 7 and 2020-12 agree on it) that
 * our schemas and that of SARIF use; a keyword that is not known is itself a problem.
 */
export function schemaProblems(
  schema: JsonSchema,
  value: unknown,
  root = schema,
  at = "$",
): readonly string[] {
  if (typeof schema.$ref === "string") return schemaProblems(resolve(root, schema.$ref), value, root, at);
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    const check = CHECKS[keyword];
    if (!check) return ANNOTATIONS.has(keyword) ? [] : [`${at}: unknown keyword ${keyword}`];
    return check({ wanted, value, schema, root, at });
  });
}

interface Check {
  readonly wanted: unknown;
  readonly value: unknown;
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly at: string;
}

const ANNOTATIONS = new Set([
  ...["$schema", "$id", "$defs", "definitions", "title", "description", "default", "x-wanted"],
]);

const CHECKS: Readonly<Record<string, (check: Check) => readonly string[]>> = {
  type: ({ wanted, value, at }) =>
    [wanted].flat().some((type) => isOfType(type, value)) ? [] : [`${at}: is no ${String(wanted)}`],
  const: ({ wanted, value, at }) => (value === wanted ? [] : [`${at}: is not ${String(wanted)}`]),
  enum: ({ wanted, value, at }) =>
    (wanted as unknown[]).includes(value) ? [] : [`${at}: ${JSON.stringify(value)} is none of them`],
  pattern: ({ wanted, value, at }) =>
    typeof value !== "string" || new RegExp(wanted as string, "u").test(value)
      ? []
      : [`${at}: ${JSON.stringify(value)} does not match ${String(wanted)}`],
  format: ({ wanted, value, at }) =>
    typeof value !== "string" || isOfFormat(wanted, value)
      ? []
      : [`${at}: ${JSON.stringify(value)} is no ${String(wanted)}`],
  maxLength: ({ wanted, value, at }) =>
    typeof value !== "string" || value.length <= Number(wanted) ? [] : [`${at}: is too long`],
  minLength: ({ wanted, value, at }) =>
    typeof value !== "string" || value.length >= Number(wanted) ? [] : [`${at}: is too short`],
  minimum: ({ wanted, value, at }) =>
    typeof value !== "number" || value >= Number(wanted) ? [] : [`${at}: is below ${String(wanted)}`],
  maximum: ({ wanted, value, at }) =>
    typeof value !== "number" || value <= Number(wanted) ? [] : [`${at}: is above ${String(wanted)}`],
  required: ({ wanted, value, at }) =>
    isObject(value)
      ? (wanted as string[])
          .filter((name) => !Object.hasOwn(value, name))
          .map((name) => `${at}: ${name} is missing`)
      : [],
  properties: ({ wanted, value, root, at }) =>
    isObject(value)
      ? Object.entries(wanted as Record<string, JsonSchema>).flatMap(([name, inner]) =>
          Object.hasOwn(value, name) ? schemaProblems(inner, value[name], root, `${at}.${name}`) : [],
        )
      : [],
  additionalProperties: ({ wanted, value, schema, root, at }) =>
    isObject(value)
      ? Object.keys(value)
          .filter((name) => !Object.hasOwn((schema.properties as object) ?? {}, name))
          .flatMap((name) =>
            wanted === false
              ? [`${at}: ${name} is not known`]
              : schemaProblems(wanted as JsonSchema, value[name], root, `${at}.${name}`),
          )
      : [],
  items: ({ wanted, value, root, at }) =>
    Array.isArray(value)
      ? value.flatMap((item, i) => schemaProblems(wanted as JsonSchema, item, root, `${at}[${i}]`))
      : [],
  minItems: ({ wanted, value, at }) =>
    !Array.isArray(value) || value.length >= Number(wanted) ? [] : [`${at}: has too few`],
  uniqueItems: ({ value, at }) =>
    !Array.isArray(value) || new Set(value.map((item) => JSON.stringify(item))).size === value.length
      ? []
      : [`${at}: has the same twice`],
  anyOf: ({ wanted, value, root, at }) =>
    (wanted as JsonSchema[]).some((one) => schemaProblems(one, value, root, at).length === 0)
      ? []
      : [`${at}: is none of what it may be`],
};

/** RFC 3986: only characters that may stand there, escapes that are whole, and in front a scheme or nothing that looks like one. */
function isOfFormat(format: unknown, value: string): boolean {
  const isReference = /^(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$/.test(value);
  if (format === "uri-reference") return isReference && URL.canParse(value, "http://base/");
  return format === "uri" && isReference && URL.canParse(value);
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === "object") return isObject(value);
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "null") return value === null;
  return typeof value === type;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function resolve(root: JsonSchema, ref: string): JsonSchema {
  let at: unknown = root;
  for (const name of ref.split("/").slice(1)) at = (at as Record<string, unknown>)[name];
  return at as JsonSchema;
}
