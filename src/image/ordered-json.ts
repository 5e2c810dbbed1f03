/**
 * JSON text whose member order, spacing and escapes are fixed, so that equal values give equal bytes and the same bytes
 * as other builders write. Plain objects will not do: they put members such as "80" first.
 */

/** A JSON value; a Map is an object with its members in that order, members that are `undefined` are left out. */
export type JsonTree = string | number | boolean | null | readonly JsonTree[] | JsonMembers;
export type JsonMembers = ReadonlyMap<string, JsonTree | undefined>;

/** An object with the members in the order given. */
export function members(list: readonly (readonly [string, JsonTree | undefined])[]): JsonMembers {
  return new Map(list);
}

/** An object with the members in byte order; undefined where there are none. */
export function sortedMembers<V>(
  record: Readonly<Record<string, V>> | undefined,
  value: (v: V) => JsonTree,
): JsonMembers | undefined {
  const names = Object.keys(record ?? {}).sort(compareBytes);
  return names.length === 0 ? undefined : new Map(names.map((name) => [name, value(record![name]!)]));
}

/** Byte order of the UTF-8 forms. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The text; compact where `indent` is "", otherwise one member or item per line. */
export function writeJson(tree: JsonTree, indent = "", margin = ""): string {
  if (tree === null || typeof tree === "number" || typeof tree === "boolean") return String(tree);
  if (typeof tree === "string") return quote(tree);
  const inner = margin + indent;
  const isMap = tree instanceof Map;
  const colon = indent === "" ? ":" : ": ";
  const items = isMap
    ? [...(tree as JsonMembers)]
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => quote(name) + colon + writeJson(value!, indent, inner))
    : (tree as readonly JsonTree[]).map((item) => writeJson(item, indent, inner));
  const [open, close] = isMap ? "{}" : "[]";
  if (items.length === 0) return `${open}${close}`;
  if (indent === "") return `${open}${items.join(",")}${close}`;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`;
}

/** The escapes of Go's encoder, which the registries' other clients write: `<`, `>`, `&` and the two line separators are escaped. */
function quote(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
