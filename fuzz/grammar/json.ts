import type { Growing } from "../engine/growth.ts";
import type { Mutator } from "../engine/mutate.ts";
import type { Random } from "../engine/random.ts";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const STRANGE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  2 ** 53,
  "",
  "x",
  "\u0000",
  "\u001b[31m",
  [],
  {},
  [null],
  { a: null },
  "sha256:0000000000000000000000000000000000000000000000000000000000000000",
  "2024-01-01T00:00:00Z",
  "__proto__",
];

/** Changes a value somewhere inside a JSON document: another type, another member, a member less, deep nesting. */
export const mutateJson: Mutator = (input, { random }) => {
  let value: Json;
  try {
    value = JSON.parse(input.toString("utf8")) as Json;
  } catch {
    return input;
  }
  return Buffer.from(stringify(changed(value, random, 6)) ?? input);
};

/** Documents nest deeper than JSON.stringify can go. */
function stringify(value: Json): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function changed(value: Json, random: Random, depth: number): Json {
  const goDeeper = depth > 0 && random.chance(0.8);
  if (Array.isArray(value) && value.length > 0 && goDeeper) return changedList(value, random, depth);
  if (
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0 &&
    goDeeper
  )
    return changedObject(value, random, depth);
  if (typeof value === "string" && random.chance(0.3))
    return value.slice(0, random.below(value.length + 1)) + random.pick(["", "\n", "/", ":", "é"]);
  if (random.chance(0.03)) return nested(random.pick([10, 1000, 20_000]));
  return random.pick(STRANGE);
}

function changedList(list: Json[], random: Random, depth: number): Json {
  const out = [...list];
  const at = random.below(out.length);
  const choice = random.below(6);
  if (choice === 0) out.splice(at, 1);
  else if (choice === 1) out.push(out[at]!);
  else out[at] = changed(out[at]!, random, depth - 1);
  return out;
}

function changedObject(object: { [name: string]: Json }, random: Random, depth: number): Json {
  const name = random.pick(Object.keys(object));
  const { [name]: member, ...rest } = object;
  if (random.chance(0.15)) return rest;
  if (random.chance(0.1))
    return {
      ...object,
      [random.pick(["__proto__", "constructor", "toString", "", name.toUpperCase()])]: random.pick(STRANGE),
    };
  return { ...object, [name]: changed(member!, random, depth - 1) };
}

/** A document in which one list or object has more and more members like one that it has. */
export function growingJson(document: unknown, random: Random): Growing {
  const places = placesIn(document as Json, []);
  const place = random.pick(places);
  return (times) => Buffer.from(JSON.stringify(grownAt(document as Json, place, times)));
}

type Place = readonly (string | number)[];

/** Where lists and objects with members are. */
function placesIn(value: Json, at: Place): Place[] {
  if (value === null || typeof value !== "object") return [];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [
    ...(entries.length > 0 ? [at] : []),
    ...entries.flatMap(([key, member]) => placesIn(member, [...at, key])),
  ];
}

function grownAt(value: Json, place: Place, times: number): Json {
  const [key, ...rest] = place;
  if (key === undefined) return grown(value, times);
  if (Array.isArray(value))
    return value.map((item, index) => (index === key ? grownAt(item, rest, times) : item));
  const object = value as { [name: string]: Json };
  return { ...object, [key]: grownAt(object[key]!, rest, times) };
}

function grown(value: Json, times: number): Json {
  if (Array.isArray(value)) return [...value, ...Array.from({ length: times }, () => value[0]!)];
  const object = value as { [name: string]: Json };
  const [first] = Object.values(object);
  return {
    ...object,
    ...Object.fromEntries(Array.from({ length: times }, (_, index) => [`n${index}`, first!])),
  };
}

function nested(depth: number): Json {
  let value: Json = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
