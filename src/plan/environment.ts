/**
 * The variables of a stage at one moment: ARG and ENV values in one ordered list (SPEC SC-08). Order is that of the last
 * write, which is the order in which a RUN process receives them.
 */
export type Environment = ReadonlyMap<string, string>;

export type Variable = readonly [key: string, value: string];

/** The environment after writing `variables` in order; each goes to the end, even one that was there before. */
export function withVariables(env: Environment, variables: Iterable<Variable>): Environment {
  const next = new Map(env);
  for (const [key, value] of variables) {
    next.delete(key);
    next.set(key, value);
  }
  return next;
}

/** `K=V` texts in order. */
export function environmentList(env: Environment): readonly string[] {
  return Array.from(env, ([key, value]) => `${key}=${value}`);
}

/** Splits an image config's `K=V` entry at the first `=`; an entry without one has an empty value. */
export function parseEnvEntry(entry: string): Variable {
  const at = entry.indexOf("=");
  return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
}

/** An image config's Env with one pair written: the first entry with that key is replaced in place, else appended (SPEC CF-04). */
export function withConfigEnv(entries: readonly string[], [key, value]: Variable): readonly string[] {
  const at = entries.findIndex((entry) => parseEnvEntry(entry)[0] === key);
  return at < 0 ? [...entries, `${key}=${value}`] : entries.with(at, `${key}=${value}`);
}
