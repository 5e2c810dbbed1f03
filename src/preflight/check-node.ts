import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from "yaml";
import { suggest } from "../core/suggest.ts";
import type { Schema, SchemaType } from "./schema.ts";

/** Plain data, as JSON has it. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** Told of a mistake, and where in the text it begins. */
export type Complain = (node: Node | number, message: string, hint?: string) => void;

export interface NodeCheck {
  readonly root: Schema;
  readonly complain: Complain;
  /** Told where the value of a path (`tcp/0/port`), or its name, lies; the first word counts. */
  readonly locate: (path: string, offset: number) => void;
}

/**
 * Checks a node of a YAML document against a schema and gives its value, words as they are written where text is expected; undefined
 * where it is wrong. Every mistake is told, not the first only.
 */
export function checkNode(
  check: NodeCheck,
  schema: Schema,
  node: Node | null,
  path: string,
): Plain | undefined {
  if (node?.range) check.locate(path, node.range[0]);
  if (isAlias(node)) {
    check.complain(node, "aliases have no place in a contract", "write the value itself");
    return undefined;
  }
  const fitting = alternative(schema, node);
  if (!fitting) {
    check.complain(node ?? 0, `${called(path)} is ${described(node)}, and must be ${wantedBy(schema)}`);
    return undefined;
  }
  if (isMap(node)) return checkMap(check, fitting, node as YAMLMap<Node, Node | null>, path);
  if (isSeq(node)) return checkList(check, fitting, node.items as Node[], node, path);
  return checkScalar(check, fitting, node, path);
}

/** The schema for the kind of value that is there. */
function alternative(schema: Schema, node: Node | null): Schema | undefined {
  const all = schema.anyOf ?? [schema];
  return all.find((one) => typesOf(one).some((type) => isOfType(node, type)));
}

function typesOf({ type }: Schema): readonly SchemaType[] {
  return type === undefined ? [] : typeof type === "string" ? [type] : type;
}

function isOfType(node: Node | null, type: SchemaType): boolean {
  if (type === "object") return isMap(node);
  if (type === "array") return isSeq(node);
  const value = node === null ? null : isScalar(node) ? node.value : undefined;
  if (type === "null") return value === null;
  if (type === "integer") return typeof value === "bigint" || Number.isInteger(value);
  return typeof value === type;
}

function checkMap(check: NodeCheck, schema: Schema, map: YAMLMap<Node, Node | null>, path: string): Plain {
  const { properties = {}, additionalProperties, required = [], minProperties = 0 } = schema;
  const found: Record<string, Plain> = Object.create(null);
  for (const pair of map.items) {
    const name = nameOf(check, pair);
    if (name === undefined) continue;
    const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (!own) complainOfName(check, pair.key, name, Object.keys(properties), path);
    else if (!schema.propertyNames || isText(check, schema.propertyNames, name, pair.key, path)) {
      if (pair.key.range) check.locate(join(path, name), pair.key.range[0]);
      const value = checkNode(check, own, pair.value ?? emptyAt(pair.key), join(path, name));
      if (value !== undefined) found[name] = value;
    }
  }
  for (const name of required)
    if (!map.has(name)) check.complain(map, `${called(path)} lacks ${JSON.stringify(name)}`);
  if (map.items.length < minProperties) check.complain(map, `${called(path)} says nothing`);
  return found;
}

function emptyAt(key: Node): Scalar {
  const scalar = new Scalar(null);
  scalar.range = key.range ?? null;
  return scalar;
}

function nameOf(check: NodeCheck, { key }: Pair<Node, Node | null>): string | undefined {
  if (isScalar(key)) return wordOf(key);
  check.complain(key, "a name must be a word");
  return undefined;
}

function complainOfName(
  check: NodeCheck,
  node: Node,
  name: string,
  known: readonly string[],
  path: string,
): void {
  const near = suggest(name, known, 3);
  check.complain(
    node,
    `${JSON.stringify(name)} is not known in ${called(path)}`,
    near ? `did you mean ${near}?` : `known are ${known.join(", ")}`,
  );
}

function checkList(
  check: NodeCheck,
  schema: Schema,
  items: readonly Node[],
  list: Node,
  path: string,
): Plain {
  if (items.length < (schema.minItems ?? 0)) check.complain(list, `${called(path)} is empty`);
  return items.flatMap((item, i) => {
    const value = checkNode(check, schema.items ?? {}, item, join(path, String(i)));
    return value === undefined ? [] : [value];
  });
}

function checkScalar(check: NodeCheck, schema: Schema, node: Node | null, path: string): Plain | undefined {
  const types = typesOf(schema);
  const value = isScalar(node) ? node.value : null;
  if (types.includes("string")) {
    const text = wordOf(node as Scalar);
    return isText(check, schema, text, node!, path) ? text : undefined;
  }
  if (schema.const !== undefined && value !== schema.const) {
    check.complain(node!, `${called(path)} is ${String(value)}, and must be ${schema.const}`);
    return undefined;
  }
  return value as null | boolean | number;
}

function isText(check: NodeCheck, schema: Schema, text: string, node: Node, path: string): boolean {
  const { enum: known, minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  const wrong = (what: string, hint?: string): false => {
    check.complain(node, `${called(path)} is ${shortened(text)}, and must be ${what}`, hint);
    return false;
  };
  if (known && !known.includes(text)) {
    const near = suggest(text, known);
    return wrong(`one of ${known.join(", ")}`, near && `did you mean ${near}?`);
  }
  if (text.length > maxLength) return wrong(`no longer than ${maxLength} characters`);
  if (text.length < minLength) return wrong("not empty");
  if (pattern !== undefined && !new RegExp(pattern, "u").test(text))
    return wrong(schema["x-wanted"] ?? `like ${pattern}`);
  // It would end the value in the label, the entry script and the process alike.
  return text.includes("\0") ? wrong("without NUL characters") : true;
}

/** A scalar as it is written: `0640` is no number here, and `yes` no truth. */
function wordOf(scalar: Scalar): string {
  return typeof scalar.value === "string" ? scalar.value : (scalar.source ?? String(scalar.value ?? ""));
}

const WANTED: Readonly<Record<SchemaType, string>> = {
  object: "a mapping",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "nothing",
};

function wantedBy(schema: Schema): string {
  const types = (schema.anyOf ?? [schema]).flatMap((one) => typesOf(one)).filter((type) => type !== "null");
  return [...new Set(types)].map((type) => WANTED[type]).join(" or ");
}

function described(node: Node | null): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  const text = isScalar(node) ? wordOf(node) : "";
  return text === "" ? "empty" : shortened(text);
}

function shortened(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** `tcp/0/port` as people write it. */
function called(path: string): string {
  return path === "" ? "the contract" : path.replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]").replaceAll("/", ".");
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
