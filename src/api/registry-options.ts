import type { RegistryOptions } from "../registry/options.ts";
import { locateRegistriesConf } from "../registry/registries-conf.ts";
import { authorityFiles } from "../sys/authorities.ts";
import type { Environment } from "./environment.ts";
import { proxiesFrom } from "./proxies.ts";

/** What the registry client is told of the surroundings. Throws `USAGE` where a configuration that was named does not exist. */
export async function registryOptions(environment: Environment): Promise<RegistryOptions> {
  const { dockerConfig, registriesConf, certsDirs, variables, path } = environment;
  return {
    dockerConfigPath: dockerConfig,
    helperEnvironment: { ...variables, PATH: path },
    registriesConfPaths: await locateRegistriesConf(registriesConf),
    certsDirs,
    authorities: authorityFiles(variables),
    proxies: proxiesFrom(variables),
  };
}
