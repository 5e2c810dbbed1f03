import type { ContainerOptions, NetworkMode } from "../../container/container-options.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parseHost } from "../parse-flags.ts";
import type { RunFlags } from "./run-flag-values.ts";

/** What the flags of `definePlaceFlags` say. Throws `USAGE`. */
export function placeOptions(flags: RunFlags): Partial<ContainerOptions> {
  return {
    volumes: flags.volume,
    mounts: flags.mount,
    tmpfs: flags.tmpfs,
    volumesFrom: flags.volumesFrom,
    ...(flags.network === undefined ? {} : { network: network(flags.network) }),
    networkAliases: flags.networkAlias,
    publish: flags.publish,
    publishAll: flags.publishAll ?? false,
    expose: flags.expose,
    ...(flags.hostname ? { hostname: flags.hostname } : {}),
    addHosts: flags.addHost.flatMap(parseHost),
    dns: flags.dns,
    dnsSearch: flags.dnsSearch,
    dnsOptions: flags.dnsOption,
  };
}

/** `bridge` and `default` are what Docker calls its private networks. */
function network(mode: string): NetworkMode {
  if (mode === "bridge" || mode === "default") return "private";
  if (mode === "host" || mode === "none" || mode === "private") return mode;
  if (mode.startsWith("container:")) return mode as NetworkMode;
  throw new SlipwayError("USAGE", `network mode ${JSON.stringify(mode)} is not known`, {
    hint: "use host, none, private or container:NAME",
  });
}
