import { isIP } from "node:net";
import { SlipwayError } from "../../core/errors.ts";
import type { ContainerOptions } from "../container-options.ts";

type NamedOptions = Pick<
  ContainerOptions,
  "networkAliases" | "dns" | "dnsSearch" | "dnsOptions" | "hostname" | "addHosts"
>;

/** Labels of letters, digits, `-` and, as containers often have them, `_` (RFC 1123, section 2.1). */
const HOST_NAME =
  /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/;
const LONGEST_NAME = 253;
/** Also `.`, which searches nowhere. */
const SEARCH_DOMAIN = /^[A-Za-z0-9_.-]{1,253}$/;
const RESOLVER_OPTION = /^[a-z0-9-]{1,64}(:\d{1,9})?$/;

/**
 * Refuses what would not be one word of /etc/hosts or /etc/resolv.conf: a line feed in a name would be a line of its own there, on a
 * private network in the files of other containers, too. Throws `USAGE`.
 */
export function checkNetworkNames(options: NamedOptions): void {
  const { networkAliases = [], dns = [], dnsSearch = [], dnsOptions = [], hostname, addHosts = [] } = options;
  if (hostname !== undefined && !isHostName(hostname)) throw invalid("--hostname", hostname, "a host name");
  for (const name of networkAliases)
    if (!isHostName(name)) throw invalid("--network-alias", name, "a host name");
  for (const { host, ip } of addHosts) {
    if (!isHostName(host)) throw invalid("--add-host", host, "a host name");
    if (ip !== "host-gateway" && !isIP(ip)) throw invalid("--add-host", ip, "an IP address");
  }
  for (const server of dns) if (!isIP(server)) throw invalid("--dns", server, "an IP address");
  for (const domain of dnsSearch)
    if (!SEARCH_DOMAIN.test(domain)) throw invalid("--dns-search", domain, "a domain");
  for (const option of dnsOptions)
    if (!RESOLVER_OPTION.test(option))
      throw invalid("--dns-option", option, "an option of resolv.conf, like ndots:2");
}

function isHostName(name: string): boolean {
  return name.length <= LONGEST_NAME && HOST_NAME.test(name);
}

function invalid(flag: string, value: string, what: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `${flag}: ${JSON.stringify(value)} is not ${what}`);
}
