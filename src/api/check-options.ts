import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import { hardeningOf } from "../harden/profile.ts";
import { parseEntitlements } from "../plan/entitlements.ts";
import type { BuildOptions } from "./build-options.ts";
import { normalizeResources } from "./resource-limits.ts";

type Shape = "string" | "strings" | "list" | "record" | "boolean" | "number" | "any";

/** What plain JavaScript may pass; the compiler checks that no option is missing here. */
const SHAPES: { readonly [Name in keyof Required<BuildOptions>]: Shape } = {
  context: "string",
  file: "string",
  dockerfile: "string",
  stdin: "any",
  tags: "strings",
  target: "string",
  buildArgs: "record",
  allowSecretLeaks: "strings",
  labels: "record",
  annotations: "strings",
  platforms: "list",
  buildContexts: "record",
  noCache: "boolean",
  noCacheFilter: "strings",
  pull: "boolean",
  lock: "boolean",
  lockFile: "string",
  locked: "boolean",
  offline: "boolean",
  secrets: "record",
  ssh: "record",
  network: "string",
  allow: "strings",
  addHosts: "list",
  shmSize: "number",
  ulimits: "list",
  resources: "record",
  cgroupParent: "string",
  runtime: "string",
  preflight: "boolean",
  outputs: "list",
  reproducible: "boolean",
  stdout: "any",
  tests: "strings",
  harden: "string",
  hardenKeep: "strings",
  push: "boolean",
  load: "boolean",
  onEvent: "any",
  signal: "any",
};

/** Refuses options of the wrong type and names that do not exist, before anything is opened. Throws `USAGE`. */
export function checkBuildOptions(options: unknown): asserts options is BuildOptions {
  if (!isRecord(options)) throw new SlipwayError("USAGE", "build takes an object of options");
  if (options.context === undefined)
    throw new SlipwayError("USAGE", "the option context is missing", {
      hint: "give a folder, a git or http URL, or - with stdin",
    });
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(SHAPES, name)) throw unknownOption(name);
    const shape = SHAPES[name as keyof BuildOptions];
    if (value !== undefined && !fits(value, shape))
      throw new SlipwayError("USAGE", `the option ${name} has to be ${WORDS[shape]}`);
  }
  const { resources, allow = [], harden, hardenKeep } = options as Partial<BuildOptions>;
  hardeningOf(harden, hardenKeep);
  normalizeResources(resources);
  parseEntitlements(allow);
}

const WORDS: Readonly<Record<Shape, string>> = {
  string: "a string",
  strings: "an array of strings",
  list: "an array",
  record: "an object",
  boolean: "true or false",
  number: "a number",
  any: "something else",
};

function fits(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case "string":
    case "boolean":
    case "number":
      return typeof value === shape;
    case "strings":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "list":
      return Array.isArray(value);
    case "record":
      return isRecord(value);
    case "any":
      return true;
    default:
      return shape satisfies never;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownOption(name: string): SlipwayError {
  const near = suggest(name, Object.keys(SHAPES));
  return new SlipwayError(
    "USAGE",
    `build has no option ${JSON.stringify(name)}`,
    near ? { hint: `did you mean ${near}?` } : {},
  );
}
