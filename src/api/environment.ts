import { join } from "node:path";
import { DEFAULT_PATH } from "../core/default-path.ts";
import type { RegistriesConfPlaces } from "../registry/registries-conf.ts";
import { homeFolder } from "./home-folder.ts";

/** What the surroundings of a process decide. Everything below the command line gets these values handed in. */
export interface Environment {
  /** Where state lives; see `homeFolder`. */
  readonly home: string;
  readonly cwd: string;
  /** Search path for tools (crun, git, credential helpers …). */
  readonly path: string;
  readonly uid: number;
  /** Docker's client configuration: credentials and proxies. */
  readonly dockerConfig: string;
  /** Where registries.conf and its drop-ins may be (containers-registries.conf(5)). */
  readonly registriesConf: RegistriesConfPlaces;
  /** Folders with certificates per registry host. */
  readonly certsDirs: readonly string[];
  /** Folders with specifications of the Container Device Interface; those of later ones win. */
  readonly cdiFolders: readonly string[];
  /** Everything else that a tool or a build argument may ask for by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where this process is. */
export interface Surroundings {
  readonly uid: number;
  readonly homeDirectory: string;
  readonly cwd: string;
}

/** Reads environment variables into an `Environment`; pure, so that tests and libraries can hand in their own. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  at: Surroundings,
): Environment {
  const defined = Object.fromEntries(
    Object.entries(variables).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const config = defined.XDG_CONFIG_HOME || join(at.homeDirectory, ".config");
  return Object.freeze({
    home: homeFolder(defined, at),
    cwd: at.cwd,
    path: defined.PATH || DEFAULT_PATH,
    uid: at.uid,
    dockerConfig: join(defined.DOCKER_CONFIG || join(at.homeDirectory, ".docker"), "config.json"),
    registriesConf: registriesConf(defined, config, at.uid),
    certsDirs: ["/etc/containers/certs.d", "/etc/docker/certs.d"],
    cdiFolders: defined.SLIPWAY_CDI_DIRS?.split(":").filter(Boolean) ?? CDI_FOLDERS,
    variables: defined,
  });
}

/** Where BuildKit looks for them. */
const CDI_FOLDERS: readonly string[] = ["/etc/cdi", "/var/run/cdi", "/etc/buildkit/cdi"];

/** An explicit file, else the user's, else the system's; drop-ins of both. Root has no files of its own. */
function registriesConf(
  variables: Readonly<Record<string, string>>,
  config: string,
  uid: number,
): RegistriesConfPlaces {
  const override = variables.CONTAINERS_REGISTRIES_CONF;
  const folders = uid === 0 ? ["/etc/containers"] : ["/etc/containers", join(config, "containers")];
  return {
    ...(override ? { override } : {}),
    files: folders.map((folder) => join(folder, "registries.conf")).reverse(),
    folders: folders.map((folder) => join(folder, "registries.conf.d")),
  };
}
