import { join } from "node:path";

/** What the surroundings of a process decide. Everything below the command line gets these values handed in. */
export interface Environment {
  /** Where state lives: `SLIPWAY_HOME`, else /var/lib/slipway for root, else $XDG_DATA_HOME/slipway (DESIGN, "Where state lives"). */
  readonly home: string;
  readonly cwd: string;
  /** Search path for tools (crun, git, credential helpers …). */
  readonly path: string;
  readonly uid: number;
  /** Docker's client configuration: credentials and proxies. */
  readonly dockerConfig: string;
  /** registries.conf files, the first that exists is the main one. */
  readonly registriesConf: readonly string[];
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
  const data = defined.XDG_DATA_HOME || join(at.homeDirectory, ".local/share");
  const home = defined.SLIPWAY_HOME || (at.uid === 0 ? "/var/lib/slipway" : join(data, "slipway"));
  const config = defined.XDG_CONFIG_HOME || join(at.homeDirectory, ".config");
  return Object.freeze({
    home: home.startsWith("/") ? home : join(at.cwd, home),
    cwd: at.cwd,
    path: defined.PATH || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    uid: at.uid,
    dockerConfig: join(defined.DOCKER_CONFIG || join(at.homeDirectory, ".docker"), "config.json"),
    registriesConf: registriesConf(defined, config, at.uid),
    variables: defined,
  });
}

/** containers-registries.conf(5): an explicit file, else the user's, else the system's. */
function registriesConf(
  variables: Readonly<Record<string, string>>,
  config: string,
  uid: number,
): readonly string[] {
  const explicit = variables.CONTAINERS_REGISTRIES_CONF;
  if (explicit) return [explicit];
  const system = "/etc/containers/registries.conf";
  return uid === 0 ? [system] : [join(config, "containers/registries.conf"), system];
}
