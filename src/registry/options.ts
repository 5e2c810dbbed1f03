import { type AuthorityFiles, authorityFiles } from "../sys/authorities.ts";
import type { Environment } from "../sys/process.ts";
import { Authorizer } from "./auth.ts";
import { type CredentialSource, DockerCredentials } from "./credentials.ts";
import { DEFAULT_TIMEOUTS, Dispatchers, type ProxySettings, type Timeouts } from "./dispatchers.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { Session } from "./session.ts";
import { Transport } from "./transport.ts";

/** Everything that the registry client is told from outside; it reads no environment and knows no home folder. */
export interface RegistryOptions {
  /** Docker's config.json; without it (and without `credentials`) every registry is asked anonymously. */
  readonly dockerConfigPath?: string;
  /** Takes the place of Docker's file. */
  readonly credentials?: CredentialSource;
  /** The environment of credential helpers; `PATH` decides where they are found. */
  readonly helperEnvironment?: Environment;
  /** Files and drop-in folders of containers-registries.conf(5), see `locateRegistriesConf`. */
  readonly registriesConfPaths?: readonly string[];
  /** Hosts that count as `insecure = true` besides what registries.conf says. */
  readonly insecureHosts?: readonly string[];
  /** Folders with certificates per host, such as /etc/docker/certs.d. */
  readonly certsDirs?: readonly string[];
  /** Default: the machine's. */
  readonly authorities?: AuthorityFiles;
  readonly proxies?: ProxySettings;
  readonly userAgent?: string;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** Told about what the user may want to know though it stops nothing: repetitions, mirrors that fail, broken helpers. */
  readonly onNotice?: (message: string) => void;
}

/** The parts of a client that its options decide. */
export function makeSession(options: RegistryOptions): { session: Session; transport: Transport } {
  const { onNotice, proxies = {}, certsDirs = [], authorities = authorityFiles({}) } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const transport = new Transport({
    dispatchers: new Dispatchers({ timeouts, proxies, certsDirs, authorities }),
    retry: { ...DEFAULT_RETRY, ...options.retry },
    userAgent: options.userAgent ?? "slipway",
    onRetry: (reason, delay) => onNotice?.(`${reason}; trying again in ${(delay / 1000).toFixed(1)} s`),
  });
  return { transport, session: new Session(transport, new Authorizer(transport, credentialsOf(options))) };
}

function credentialsOf(options: RegistryOptions): CredentialSource | undefined {
  if (options.credentials || options.dockerConfigPath === undefined) return options.credentials;
  return new DockerCredentials({
    configPath: options.dockerConfigPath,
    environment: options.helperEnvironment ?? {},
    onWarning: options.onNotice,
  });
}
