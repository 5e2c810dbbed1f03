import { SlipwayError } from "../core/errors.ts";
import { parseGoDuration } from "../dockerfile/go-duration.ts";
import type { MarkedValue } from "./marked-value.ts";

/** Makes something of a value of a file; undefined where it noted a mistake instead. */
export type Decode<T> = (value: MarkedValue) => T | undefined;

type Shape = Readonly<Record<string, Decode<unknown>>>;
type Member<D> = D extends Decode<infer T> ? T : never;
type Decoded<S extends Shape, R extends keyof S> = {
  readonly [K in R]: Member<S[K]>;
} & {
  readonly [K in Exclude<keyof S, R>]?: Member<S[K]>;
};

export const text: Decode<string> = (value) => value.text();
export const integer: Decode<number> = (value) => value.integer();
export const flag: Decode<boolean> = (value) => value.flag();

/** A text that says something. */
export const filled: Decode<string> = (value) => {
  const read = value.text();
  return read === "" ? value.mistake("this must not be empty") : read;
};

/** A mapping; members in `required` have to be there, no others than those of `shape` may. */
export function mapping<S extends Shape, R extends keyof S & string = never>(
  shape: S,
  required: readonly R[] = [],
): Decode<Decoded<S, R>> {
  const known = Object.keys(shape);
  return (value) => {
    const members = value.members(known);
    if (!members) return undefined;
    const decoded: [string, unknown][] = [];
    for (const [name, member] of members) if (!member.isAbsent) decoded.push([name, shape[name]!(member)]);
    for (const name of required)
      if (members.get(name)?.isAbsent ?? true) value.mistake(`the key ${JSON.stringify(name)} is missing`);
    // With a mistake noted, nobody will look at it.
    return Object.fromEntries(decoded.filter(([, member]) => member !== undefined)) as Decoded<S, R>;
  };
}

export function listOf<T>(decode: Decode<T>): Decode<readonly T[]> {
  return (value) =>
    value.items()?.flatMap((item) => {
      if (item.isAbsent) item.mistake("this must not be empty");
      const decoded = item.isAbsent ? undefined : decode(item);
      return decoded === undefined ? [] : [decoded];
    });
}

export function filledListOf<T>(decode: Decode<T>): Decode<readonly T[]> {
  const list = listOf(decode);
  return (value) => {
    const items = list(value);
    return value.isEmptyList ? value.mistake("this must not be empty") : items;
  };
}

export function oneOf<T extends string>(...words: readonly T[]): Decode<T> {
  return (value) => {
    const read = value.text();
    const found = words.find((word) => word === read);
    return found ?? (read === undefined ? undefined : value.mistake(`use one of ${words.join(", ")}`));
  };
}

/** Goes on with what another decoder made. What `make` throws is a mistake at this place. */
export function made<T, U>(decode: Decode<T>, make: (value: T) => U): Decode<U> {
  return (value) => {
    const read = decode(value);
    if (read === undefined) return undefined;
    try {
      return make(read);
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      return value.mistake(error.hint ? `${error.message} (${error.hint})` : error.message);
    }
  };
}

const LONGEST_MS = 24 * 3_600_000;

/** Milliseconds, written as Go writes durations (`1m30s`) or as a number of seconds. */
export const duration: Decode<number> = made(text, (written) => {
  const ns = parseGoDuration(/^\d+(\.\d+)?$/.test(written) ? `${written}s` : written);
  if (ns <= 0 || ns / 1e6 > LONGEST_MS)
    throw new SlipwayError("TEST_INVALID", `${JSON.stringify(written)} is no time to wait`, {
      hint: "write more than 0 and at most 24h",
    });
  return ns / 1e6;
});
