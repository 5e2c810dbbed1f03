import type { Command } from "commander";
import { collect, collectCommas, collectCsv } from "../collect.ts";

/** Flags about what a container has mounted and how it is reached. */
export function definePlaceFlags(command: Command): void {
  command
    .option(
      "-v, --volume <source:target[:ro]>",
      "mount a path of this machine, or a volume by name",
      collect,
      [],
    )
    .option(
      "--mount <key=value,...>",
      "mount with type=bind, volume or tmpfs, and Docker's other keys",
      collect,
      [],
    )
    .option("--tmpfs <path[:options]>", "mount an empty tmpfs", collect, [])
    .option("--volumes-from <container[:ro]>", "mount what another container has mounted", collect, [])
    .option(
      "--network <mode>",
      "host, none, private or container:NAME (default: host; private with -p, -P or --network-alias)",
    )
    .option("--network-alias <name>", "a further name on the private network", collect, [])
    .option(
      "-p, --publish <[ip:][port:]port[/udp]>",
      "publish a port of the container on this machine",
      collect,
      [],
    )
    .option("-P, --publish-all", "publish every exposed port at a port that is free")
    .option("--expose <port[/udp]>", "expose a port beside those of the image", collect, [])
    .option("-h, --hostname <name>", "host name inside")
    .option("--add-host <host:ip>", "add a line to /etc/hosts; host-gateway is this machine", collectCsv, [])
    .option("--dns <address>", "a name server instead of the machine's", collectCommas, [])
    .option("--dns-search <domain>", "a search domain instead of the machine's", collectCommas, [])
    .option("--dns-option <option>", "an option of /etc/resolv.conf", collectCommas, []);
}
