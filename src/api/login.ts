import { DockerCredentials } from "../registry/credentials.ts";
import type { Environment } from "./environment.ts";
import { registryOptions } from "./registry-options.ts";

export interface LoginOptions {
  /** Host name of the registry, with a port where it has one. */
  readonly server: string;
  readonly username: string;
  readonly password: string;
  readonly signal?: AbortSignal;
}

/** Keeps credentials where Docker would, after the registry has accepted them. Throws `REGISTRY_*`. */
export async function login(options: LoginOptions, environment: Environment): Promise<void> {
  const { Registry } = await import("../registry/client.ts");
  const { server, username, password, signal } = options;
  const registry = new Registry({
    ...(await registryOptions(environment)),
    credentials: { lookup: async () => ({ kind: "password", username, password }) },
  });
  try {
    await registry.ping(server, signal);
  } finally {
    await registry.close();
  }
  await credentialsOf(environment).save(server, { username, secret: password }, signal);
}

/** Forgets them; gives whether there were any. */
export function logout(server: string, environment: Environment): Promise<boolean> {
  return credentialsOf(environment).erase(server);
}

function credentialsOf({ dockerConfig, variables, path }: Environment): DockerCredentials {
  return new DockerCredentials({ configPath: dockerConfig, environment: { ...variables, PATH: path } });
}
