import { isIPv4 } from "node:net";

/** How a host may be spoken to. `verify` is false where its certificate is not checked. */
export interface Scheme {
  readonly protocol: "https:" | "http:";
  readonly verify: boolean;
}

/** One place that serves (or takes) a repository. */
export interface Endpoint {
  /** The host that the user knows and that credentials are filed under: `docker.io`, `host`, `host:port`. */
  readonly host: string;
  /** The host that is called. Differs from `host` for Docker Hub only. */
  readonly apiHost: string;
  /** The repository's path on that host. */
  readonly repository: string;
  /** In the order in which they are tried; a later one only when an earlier one is not spoken there. */
  readonly schemes: readonly Scheme[];
  /** Set by `insecure = true`: unverified certificates and plain HTTP are acceptable to the user. */
  readonly insecure: boolean;
  readonly mirror: boolean;
}

const DOCKER_HUB_NAMES = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
const DOCKER_HUB_API = "registry-1.docker.io";

/** Tells whether `host` is one of Docker Hub's names. */
export function isDockerHub(host: string): boolean {
  return DOCKER_HUB_NAMES.has(host.toLowerCase());
}

/** The host name without its port; IPv6 addresses without their brackets. */
export function hostnameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  if (bracketed) return bracketed[1]!;
  return host.replace(/:\d+$/, "");
}

/** localhost (and names below it), 127.0.0.0/8 and ::1: the only hosts where plain HTTP needs no configuration. */
export function isLoopback(host: string): boolean {
  const name = hostnameOf(host).toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return isIPv4(name) && name.startsWith("127.");
}

/** Makes an endpoint with the schemes its host is allowed. */
export function makeEndpoint(options: {
  host: string;
  repository: string;
  insecure?: boolean;
  mirror?: boolean;
}): Endpoint {
  const { host, repository, insecure = false, mirror = false } = options;
  const apiHost = isDockerHub(host) ? DOCKER_HUB_API : host;
  return { host, apiHost, repository, schemes: schemesOf(host, insecure), insecure, mirror };
}

function schemesOf(host: string, insecure: boolean): readonly Scheme[] {
  if (!insecure && !isLoopback(host)) return [{ protocol: "https:", verify: true }];
  // A host that may be spoken to in plain HTTP gains nothing from a checked certificate.
  return [
    { protocol: "https:", verify: false },
    { protocol: "http:", verify: false },
  ];
}
