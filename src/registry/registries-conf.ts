import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { parseRegistriesToml, type RegistryEntry } from "./registries-toml.ts";

/** All tables in force, one per prefix. */
export interface RegistriesConf {
  readonly registries: readonly RegistryEntry[];
}

/**
 * Reads configuration files in the order given. A folder stands for its `*.conf` files in byte order (the drop-ins of
 * `registries.conf.d`); what does not exist is left out. A later table replaces an earlier one with the same prefix.
 * Throws `USAGE` with the file and line where one is wrong. Short-name aliases and search registries are not used:
 * names without a host mean Docker Hub, as in every Dockerfile.
 */
export async function loadRegistriesConf(paths: readonly string[]): Promise<RegistriesConf> {
  const byPrefix = new Map<string, RegistryEntry>();
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      const text = await readFile(file, "utf8").catch((error: unknown) => {
        throw describeSystemError(error, `reading ${file}`);
      });
      for (const entry of parseRegistriesToml(text, file)) byPrefix.set(entry.prefix, entry);
    }
  }
  return { registries: [...byPrefix.values()] };
}

/** Where the configuration of containers-registries.conf(5) may be. */
export interface RegistriesConfPlaces {
  /** CONTAINERS_REGISTRIES_CONF: takes the place of the main file, and must exist. */
  readonly override?: string;
  /** Main files, the user's before the system's; the first that exists counts. */
  readonly files: readonly string[];
  /** Drop-in folders, the system's before the user's; all count. */
  readonly folders: readonly string[];
}

/** The list for `loadRegistriesConf`. Throws `USAGE` where the override does not exist. */
export async function locateRegistriesConf(places: RegistriesConfPlaces): Promise<readonly string[]> {
  if (places.override !== undefined) {
    if (!(await kindOf(places.override))) {
      throw new SlipwayError("USAGE", `no such file: ${places.override}`, {
        hint: "set CONTAINERS_REGISTRIES_CONF to a registries.conf file, or unset it",
      });
    }
    return [places.override, ...places.folders];
  }
  for (const file of places.files) {
    if (await kindOf(file)) return [file, ...places.folders];
  }
  return places.folders;
}

async function filesOf(path: string): Promise<readonly string[]> {
  const kind = await kindOf(path);
  if (kind === undefined) return [];
  if (kind === "file") return [path];
  const names = await readdir(path).catch((error: unknown) => {
    throw describeSystemError(error, `reading ${path}`);
  });
  return names
    .filter((name) => name.endsWith(".conf"))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => join(path, name));
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw describeSystemError(error, `reading ${path}`);
  }
}
