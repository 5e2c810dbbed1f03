import { parse, TomlError } from "smol-toml";
import { SlipwayError } from "../core/errors.ts";
import { trimEndOf } from "../dockerfile/white-space.ts";

/** Which pulls a mirror serves. */
export type MirrorUse = "all" | "digest-only" | "tag-only";

export interface MirrorEntry {
  /** `host[:port][/path]`, put in the place of the registry's prefix. */
  readonly location: string;
  readonly insecure: boolean;
  readonly use: MirrorUse;
}

/** One `[[registry]]` table of containers-registries.conf(5). */
export interface RegistryEntry {
  /** `host[:port][/path]`, or `*.domain` for every host below it. */
  readonly prefix: string;
  /** Undefined leaves the name as it is. */
  readonly location?: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorEntry[];
  /** The file that says so. */
  readonly file: string;
}

type Table = Readonly<Record<string, unknown>>;

const MIRROR_USES: readonly string[] = ["all", "digest-only", "tag-only"];
const PLACE = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*))(:\d+)?(\/[a-z0-9][a-z0-9._/-]*)?$/;
const WILDCARD = /^\*\.[A-Za-z0-9][A-Za-z0-9._-]*(:\d+)?(\/[a-z0-9][a-z0-9._/-]*)?$/;

/**
 * Parses one file of containers-registries.conf(5), version 2 of the format. Unknown members are ignored, as the manual
 * asks. Throws `USAGE` naming the file (and the line of a syntax error).
 */
export function parseRegistriesToml(text: string, file: string): readonly RegistryEntry[] {
  const root = parseToml(text, file);
  if (root.registries !== undefined) {
    throw wrong(file, "it is in version 1 of the format ([registries.search] and the like)", {
      hint: "write [[registry]] tables as containers-registries.conf(5) describes",
    });
  }
  return tables(root.registry, file, "registry").map((table) => registryEntry(table, file));
}

function parseToml(text: string, file: string): Table {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new SlipwayError("USAGE", `${file} is not valid TOML: ${error.message.split("\n")[0]}`, {
      cause: error,
      source: { file, start: error.line, end: error.line },
      facts: { sourceText: text },
    });
  }
}

function registryEntry(table: Table, file: string): RegistryEntry {
  const location = text(table, "location", file);
  const prefix = text(table, "prefix", file) ?? location;
  if (!prefix) throw wrong(file, "a [[registry]] has neither a prefix nor a location");
  if (!PLACE.test(prefix) && !WILDCARD.test(prefix)) throw wrongPlace(file, "prefix", prefix);
  if (location !== undefined && !PLACE.test(location)) throw wrongPlace(file, "location", location);
  const digestOnly = flag(table, "mirror-by-digest-only", file);
  return {
    prefix,
    ...(location === undefined ? {} : { location }),
    insecure: flag(table, "insecure", file),
    blocked: flag(table, "blocked", file),
    mirrors: tables(table.mirror, file, "mirror").map((mirror) => mirrorEntry(mirror, file, digestOnly)),
    file,
  };
}

function mirrorEntry(table: Table, file: string, digestOnly: boolean): MirrorEntry {
  const location = text(table, "location", file);
  if (!location || !PLACE.test(location)) throw wrongPlace(file, "location", location ?? "");
  const use = text(table, "pull-from-mirror", file);
  if (use !== undefined && !MIRROR_USES.includes(use)) {
    throw wrong(file, `pull-from-mirror is ${JSON.stringify(use)}`, {
      hint: `write one of ${MIRROR_USES.join(", ")}`,
    });
  }
  if (use !== undefined && digestOnly) {
    throw wrong(file, "mirror-by-digest-only and pull-from-mirror exclude each other");
  }
  return {
    location,
    insecure: flag(table, "insecure", file),
    use: (use as MirrorUse | undefined) ?? (digestOnly ? "digest-only" : "all"),
  };
}

function tables(value: unknown, file: string, name: string): readonly Table[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((v) => typeof v === "object" && v !== null)) return value;
  throw wrong(file, `"${name}" must be written as [[${name}]] tables`);
}

function text(table: Table, name: string, file: string): string | undefined {
  const value = table[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return trimEndOf(value, "/");
  throw wrong(file, `"${name}" must be a text`);
}

function flag(table: Table, name: string, file: string): boolean {
  const value = table[name] ?? false;
  if (typeof value === "boolean") return value;
  throw wrong(file, `"${name}" must be true or false`);
}

function wrongPlace(file: string, name: string, value: string): SlipwayError<"USAGE"> {
  const problem = value.includes("://") ? "must not have a scheme" : "is not host[:port][/path]";
  return wrong(file, `the ${name} ${JSON.stringify(value)} ${problem}`);
}

function wrong(file: string, problem: string, details: { hint?: string } = {}): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `${file}: ${problem}`, { ...details, facts: { file } });
}
