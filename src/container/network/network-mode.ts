import { SlipwayError } from "../../core/errors.ts";
import type { ContainerOptions, NetworkMode } from "../container-options.ts";
import { checkNetworkNames } from "./network-names.ts";
import { parseExpose, parsePublish } from "./published-port.ts";

type NetworkOptions = Pick<
  ContainerOptions,
  | "network"
  | "networkAliases"
  | "publish"
  | "publishAll"
  | "expose"
  | "dns"
  | "dnsSearch"
  | "dnsOptions"
  | "hostname"
  | "addHosts"
>;

/** The network of a container: what was asked for, or else one that can do what was asked for. */
export function networkMode({
  network,
  publish = [],
  publishAll,
  networkAliases = [],
}: NetworkOptions): NetworkMode {
  const needsOwn = publish.length > 0 || publishAll === true || networkAliases.length > 0;
  return network ?? (needsOwn ? "private" : "host");
}

/**
 * Whether a container goes by the machine's own name: where it was given the machine's network in so many words, as with Docker. One that
 * only was not given another keeps a name of its own, as on Docker's default network.
 */
export function hasMachineName({ network, hostname }: NetworkOptions): boolean {
  return network === "host" && hostname === undefined;
}

/** The container whose network another one shares; undefined where it does not. */
export function sharedWith(mode: NetworkMode): string | undefined {
  return mode.startsWith("container:") ? mode.slice("container:".length) : undefined;
}

/** What can be known to be wrong before anything is made. Gives what will be without effect, in words. Throws `USAGE`. */
export function checkNetwork(options: NetworkOptions): readonly string[] {
  const { publish = [], expose = [] } = options;
  for (const text of publish) parsePublish(text);
  for (const text of expose) parseExpose(text);
  checkNetworkNames(options);
  const mode = networkMode(options);
  if (sharedWith(mode) === "")
    throw new SlipwayError("USAGE", "--network container: needs the name of a container");
  if (sharedWith(mode) !== undefined) refuseOwn(options);
  if (mode !== "private" && (options.networkAliases ?? []).length > 0)
    throw new SlipwayError("USAGE", `--network-alias needs a private network, not ${mode}`);
  const isPublished = publish.length > 0 || options.publishAll === true;
  return isPublished && mode !== "private" ? [`published ports have no effect with --network ${mode}`] : [];
}

/** What another container's network decides already. */
function refuseOwn({
  publish = [],
  publishAll,
  hostname,
  addHosts = [],
  dns = [],
  dnsSearch = [],
  dnsOptions = [],
  expose = [],
}: NetworkOptions): void {
  const given: readonly (readonly [string, boolean])[] = [
    ["--publish", publish.length > 0 || publishAll === true],
    ["--expose", expose.length > 0],
    ["--hostname", hostname !== undefined],
    ["--add-host", addHosts.length > 0],
    ["--dns", dns.length + dnsSearch.length + dnsOptions.length > 0],
  ];
  for (const [flag, isGiven] of given)
    if (isGiven)
      throw new SlipwayError("USAGE", `conflicting options: ${flag} and the network of another container`, {
        hint: `give ${flag} to the other container`,
      });
}
