import { readFileSync } from "node:fs";
import type { PreparedNetwork } from "../container/network/container-network.ts";
import type { PlannedMount } from "../container/volume/mount-places.ts";
import { hostsFile, resolverFile } from "../runtime/network-files.ts";

/** The network of a container that is only tested: the machine's, or a loopback interface of its own. */
export function testNetwork(place: "host" | "none", hostname: string): PreparedNetwork {
  const files = [
    textFile("/etc/hosts", hostsFile(hostname, [])),
    textFile("/etc/resolv.conf", resolverFile({ network: place, host: resolvConf() })),
    textFile("/etc/hostname", `${hostname}\n`),
  ];
  return { place, hostname, files, close: async () => {} };
}

function textFile(path: string, content: string): PlannedMount {
  return {
    target: { path, type: "file" },
    at: (target) => ({ type: "file", target, content, mode: 0o644 }),
  };
}

function resolvConf(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}
