import { isSlipwayError } from "../core/errors.ts";
import { trimEndOf } from "../dockerfile/white-space.ts";
import type { Environment } from "../sys/process.ts";
import { CredentialHelper, type HelperEntry } from "./credential-helper.ts";
import { type AuthEntry, type DockerConfig, readDockerConfig, writeAuths } from "./docker-config.ts";
import { isDockerHub } from "./endpoint.ts";

/** What a registry's host accepts as proof of who is asking. */
export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, to be exchanged at the token service. */
  | { readonly kind: "identity-token"; readonly token: string }
  | { readonly kind: "bearer-token"; readonly token: string };

/** Where credentials come from. */
export interface CredentialSource {
  /** Credentials for a host (and a repository there); undefined where there are none. */
  lookup(host: string, repository: string, signal?: AbortSignal): Promise<Credentials | undefined>;
}

export interface DockerCredentialsOptions {
  /** Docker's config.json. */
  readonly configPath: string;
  /** For credential helpers. */
  readonly environment: Environment;
  readonly helperTimeoutMs?: number | undefined;
  /** Told where the helper for all hosts fails: the registry is then asked without credentials. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const HUB_KEY = "https://index.docker.io/v1/";
const HUB_KEYS = [HUB_KEY, "index.docker.io", "docker.io", "registry-1.docker.io"];
/** The user name under which Docker files identity tokens. */
const TOKEN_USER = "<token>";

/** The name under which Docker keeps a host's credentials. */
export function serverKey(host: string): string {
  return isDockerHub(host) ? HUB_KEY : host;
}

/**
 * The credentials that `docker login` keeps: helpers of single hosts first, then the helper for all hosts, then the file.
 * Keys of the file may be a host, a host with a path, or a URL; the most specific one counts.
 */
export class DockerCredentials implements CredentialSource {
  readonly #options: DockerCredentialsOptions;

  constructor(options: DockerCredentialsOptions) {
    this.#options = options;
  }

  async lookup(host: string, repository: string, signal?: AbortSignal): Promise<Credentials | undefined> {
    const config = await readDockerConfig(this.#options.configPath);
    const own = helperOf(config, host);
    if (own !== undefined) return fromHelper(await this.#helper(own, signal).get(serverKey(host)));
    const shared = await this.#shared(config, host, signal);
    return shared ?? fromEntry(entryOf(config, host, repository));
  }

  /** Keeps credentials where Docker would: with the helper of the host, else in the file (mode 0600, atomic). */
  async save(host: string, entry: HelperEntry, signal?: AbortSignal): Promise<void> {
    const { configPath } = this.#options;
    const config = await readDockerConfig(configPath);
    const helper = helperOf(config, host) ?? config.credsStore;
    const key = serverKey(host);
    if (helper !== undefined) await this.#helper(helper, signal).store(key, entry);
    const auth = Buffer.from(`${entry.username}:${entry.secret}`).toString("base64");
    const kept = helper === undefined ? { auth } : {};
    await writeAuths(configPath, (auths) => ({ ...without(auths, host), [key]: kept }));
  }

  /** Forgets a host's credentials, under every spelling of the host. Gives whether there were any. Idempotent. */
  async erase(host: string, signal?: AbortSignal): Promise<boolean> {
    const { configPath } = this.#options;
    const config = await readDockerConfig(configPath);
    const helper = helperOf(config, host) ?? config.credsStore;
    if (helper !== undefined) await this.#helper(helper, signal).erase(serverKey(host));
    const known = Object.keys(config.auths).some((key) => isKeyOf(key, host));
    if (known) await writeAuths(configPath, (auths) => without(auths, host));
    return known || helper !== undefined;
  }

  /** One broken helper for all hosts must not stop a pull that needs no credentials. */
  async #shared(
    config: DockerConfig,
    host: string,
    signal: AbortSignal | undefined,
  ): Promise<Credentials | undefined> {
    if (config.credsStore === undefined) return undefined;
    try {
      return fromHelper(await this.#helper(config.credsStore, signal).get(serverKey(host)));
    } catch (error) {
      if (!isSlipwayError(error, "REGISTRY_UNAUTHORIZED")) throw error;
      this.#options.onWarning?.(error.message);
      return undefined;
    }
  }

  #helper(name: string, signal: AbortSignal | undefined): CredentialHelper {
    const { environment, helperTimeoutMs: timeoutMs } = this.#options;
    return new CredentialHelper(name, { environment, timeoutMs, signal });
  }
}

function helperOf(config: DockerConfig, host: string): string | undefined {
  const key = Object.keys(config.credHelpers).find((name) => isKeyOf(name, host));
  return key === undefined ? undefined : config.credHelpers[key] || undefined;
}

function entryOf(config: DockerConfig, host: string, repository: string): AuthEntry | undefined {
  const parts = repository.split("/");
  for (let length = parts.length; length > 0; length--) {
    const entry = config.auths[`${host}/${parts.slice(0, length).join("/")}`];
    if (entry) return entry;
  }
  const keys = Object.keys(config.auths).filter((key) => isKeyOf(key, host));
  const exact = keys.find((key) => key === serverKey(host)) ?? keys[0];
  return exact === undefined ? undefined : config.auths[exact];
}

/** Old files have `https://host/v1/`; the path of a version is no part of the name. */
function isKeyOf(key: string, host: string): boolean {
  const name = key.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
  return isDockerHub(host) ? HUB_KEYS.includes(key) || isDockerHub(name) : name === host;
}

function without(auths: Readonly<Record<string, unknown>>, host: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(auths).filter(([key]) => !isKeyOf(key, host)));
}

function fromHelper(entry: HelperEntry | undefined): Credentials | undefined {
  if (entry === undefined) return undefined;
  if (entry.username === TOKEN_USER) return { kind: "identity-token", token: entry.secret };
  return { kind: "password", username: entry.username, password: entry.secret };
}

function fromEntry(entry: AuthEntry | undefined): Credentials | undefined {
  if (entry === undefined) return undefined;
  if (entry.identitytoken) return { kind: "identity-token", token: entry.identitytoken };
  if (entry.registrytoken) return { kind: "bearer-token", token: entry.registrytoken };
  const decoded = trimEndOf(Buffer.from(entry.auth ?? "", "base64").toString("utf8"), "\0");
  const colon = decoded.indexOf(":");
  const username = colon > 0 ? decoded.slice(0, colon) : entry.username;
  const password = colon > 0 ? decoded.slice(colon + 1) : entry.password;
  return username && password !== undefined ? { kind: "password", username, password } : undefined;
}
