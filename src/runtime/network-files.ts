/**
 * What `host-gateway` stands for: containers that have a network at all share the machine's, where its programs listen on the loopback
 * address.
 */
const HOST_GATEWAY = "127.0.0.1";

/** An extra line of /etc/hosts; the address may be `host-gateway`. */
export interface ExtraHost {
  readonly name: string;
  readonly ip: string;
}

/** Of a container in a network of its own. */
export interface OwnAddress {
  readonly address: string;
  /** What `host-gateway` stands for there. */
  readonly gateway: string;
}

/** The generated /etc/hosts (SPEC RN-09): localhost and the hostname for IPv4 and IPv6, then the extra hosts. */
export function hostsFile(hostname: string, extraHosts: readonly ExtraHost[] = [], own?: OwnAddress): string {
  const gateway = own?.gateway ?? HOST_GATEWAY;
  const lines = [
    own ? "127.0.0.1\tlocalhost" : `127.0.0.1\tlocalhost ${hostname}`,
    "::1\tlocalhost ip6-localhost ip6-loopback",
    ...(own ? [`${own.address}\t${hostname}`] : []),
    ...extraHosts.map(({ name, ip }) => `${ip === "host-gateway" ? gateway : ip}\t${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The machine's own /etc/hosts with extra hosts behind it, for a container that has the machine's network and its name (docker: `--network host`). */
export function machineHostsFile(text: string, extraHosts: readonly ExtraHost[] = []): string {
  const own = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const lines = extraHosts.map(({ name, ip }) => `${ip === "host-gateway" ? HOST_GATEWAY : ip}\t${name}\n`);
  return own + lines.join("");
}

export interface ResolverRequest {
  readonly network: "none" | "host";
  /** The machine's own file; empty where there is none. */
  readonly host: string;
  /** Servers, search domains and options that replace the machine's (`--dns` and its kin). */
  readonly nameservers?: readonly string[];
  readonly search?: readonly string[];
  readonly options?: readonly string[];
  /** Asked where no server is left; default are public ones. */
  readonly fallback?: readonly string[];
}

/** Asked where a machine names no server that a container could reach. */
const PUBLIC_SERVERS = ["8.8.8.8", "8.8.4.4"];

/**
 * The generated /etc/resolv.conf (SPEC RN-09). On the machine's own network its file is good as it is; in a network of its own
 * a container cannot reach a server that listens on the machine's loopback.
 */
export function resolverFile(request: ResolverRequest): string {
  const { nameservers = [], search = [], options = [] } = request;
  const replaced = nameservers.length + search.length + options.length > 0;
  if (request.network === "host" && !replaced && /^\s*nameserver\s/m.test(request.host)) return request.host;
  const replacedKeywords = new Set([
    ...(nameservers.length > 0 ? ["nameserver"] : []),
    ...(search.length > 0 ? ["search", "domain"] : []),
    ...(options.length > 0 ? ["options"] : []),
  ]);
  const kept = request.host.split("\n").filter((line) => {
    const [keyword = "", value = ""] = line.trim().split(/\s+/);
    if (keyword === "" || /^[#;]/.test(keyword) || replacedKeywords.has(keyword)) return false;
    return !(keyword === "nameserver" && request.network === "none" && isLoopback(value));
  });
  const lines = [
    ...kept,
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  const servers = lines.some((line) => /^\s*nameserver\s/.test(line))
    ? []
    : (request.fallback ?? PUBLIC_SERVERS);
  return `${[...lines, ...servers.map((server) => `nameserver ${server}`)].join("\n")}\n`;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
