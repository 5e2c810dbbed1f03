import { refuse } from "./tokens.ts";

type TemplateFunction = (...operands: readonly unknown[]) => unknown;

/** What Go's templates have, and what Docker adds to them for its formats. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["json", (value) => JSON.stringify(value ?? null)],
  ["index", (value, ...keys) => keys.reduce(indexed, value)],
  ["len", lengthOf],
  ["join", (list, separator) => listOf(list).map(goText).join(textOf(separator))],
  ["split", (text, separator) => textOf(text).split(textOf(separator))],
  ["lower", (text) => textOf(text).toLowerCase()],
  ["upper", (text) => textOf(text).toUpperCase()],
  ["title", (text) => textOf(text).replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())],
  ["truncate", (text, length) => [...textOf(text)].slice(0, Number(length)).join("")],
  ["pad", (text, before, after) => `${spaces(before)}${textOf(text)}${spaces(after)}`],
  ["print", (...values) => values.map(goText).join("")],
  ["println", (...values) => `${values.map(goText).join(" ")}\n`],
  ["printf", (format, ...values) => printf(textOf(format), values)],
  ["eq", (value, ...others) => others.some((other) => compare(value, other) === 0)],
  ["ne", (a, b) => compare(a, b) !== 0],
  ["lt", (a, b) => compare(a, b) < 0],
  ["le", (a, b) => compare(a, b) <= 0],
  ["gt", (a, b) => compare(a, b) > 0],
  ["ge", (a, b) => compare(a, b) >= 0],
  ["not", (value) => !isTrue(value)],
]);

/** Go: false, zero, nothing, and what is empty are not true. */
export function isTrue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

/** Values as Go's templates print them: lists in brackets, maps as `map[k:v]`. */
export function goText(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  return `map[${sortedEntries(value)
    .map(([key, v]) => `${key}:${goText(v)}`)
    .join(" ")}]`;
}

/** Go goes through maps in the order of their keys. */
export function sortedEntries(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : goText(value);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : refuse("join needs a list");
}

function lengthOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object") return refuse("len needs a text, a list or a map");
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

function indexed(value: unknown, key: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    if (typeof key === "number" && key >= 0 && key < value.length) return value[key];
    return refuse(`a list of ${value.length} has no index ${goText(key)}`);
  }
  if (typeof value !== "object") return refuse("index needs a list or a map");
  return Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : undefined;
}

function spaces(count: unknown): string {
  return " ".repeat(Math.min(Math.max(Number(count) || 0, 0), 1000));
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [textOf(a), textOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `%s`, `%v`, `%d`, `%q`, `%t` and `%x` with a width; `%%`. */
function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replaceAll(/%(-?)(\d{0,3})([a-z%])/g, (verb, left: string, width: string, letter: string) => {
    if (letter === "%") return "%";
    const value = values[next++];
    const text =
      letter === "q"
        ? JSON.stringify(textOf(value))
        : letter === "x"
          ? Buffer.from(textOf(value)).toString("hex")
          : "svdt".includes(letter)
            ? textOf(value)
            : refuse(`printf does not know ${verb}`);
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width));
  });
}
