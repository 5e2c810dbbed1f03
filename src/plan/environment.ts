/** Variables of the global scope, by name. */
export type Environment = ReadonlyMap<string, string>;

export type Variable = readonly [key: string, value: string];

/** Splits an image config's `K=V` entry at the first `=`; an entry without one has an empty value. */
export function parseEnvEntry(entry: string): Variable {
  const at = entry.indexOf("=");
  return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
}
