import { readFileSync } from "node:fs";
import { isIP, connect as openConnection } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

export type Answer = "yes" | "no" | "unknown";

/** What of a container's network can be told before it is there. */
export interface NetworkView {
  /** Its addresses, or why there are none. */
  resolve(name: string): Promise<readonly string[] | "no" | "unknown">;
  /** Whether a connection can be made, tried again for `seconds`. */
  connect(host: string, port: number, seconds: number): Promise<Answer>;
  portTaken(port: number, protocol: "tcp" | "udp"): Answer;
}

export interface NetworkRequest {
  /** `own`: a network that reaches others and is not the machine's; `shared`: another container's. */
  readonly mode: "host" | "none" | "own" | "shared";
  /** The container's /etc/hosts and /etc/resolv.conf. */
  readonly hosts: string;
  readonly resolvConf: string;
  /** The same for the other containers of its network, whose addresses are out of reach from here. */
  readonly others?: string;
  readonly signal?: AbortSignal;
}

const CONNECT_MS = 2000;
const LOOKUP_MS = 3000;
const PAUSE_MS = 500;

/** The network of a container, seen from this machine. */
export function networkView(request: NetworkRequest): NetworkView {
  const { mode } = request;
  const resolve = (name: string) => resolveName(name, request);
  return {
    resolve,
    async connect(host, port, seconds) {
      if (isOther(host, request)) return "unknown";
      const end = Date.now() + seconds * 1000;
      for (;;) {
        request.signal?.throwIfAborted();
        const addresses = await resolve(host);
        if (addresses === "unknown") return "unknown";
        const answers = addresses === "no" ? false : await anyAnswers(addresses, port, mode);
        if (answers) return "yes";
        if (Date.now() >= end) break;
        await wait(Math.min(PAUSE_MS, Math.max(1, end - Date.now())));
      }
      return mode === "shared" ? "unknown" : "no";
    },
    portTaken(port, protocol) {
      // A network that is made with the container has nobody in it.
      if (mode === "none" || mode === "own") return "no";
      return mode === "shared" ? "unknown" : isListening(port, protocol);
    },
  };
}

async function anyAnswers(
  addresses: readonly string[],
  port: number,
  mode: NetworkRequest["mode"],
): Promise<boolean> {
  if (mode === "none") return false;
  // The loopback addresses of another network are not ours.
  for (const address of addresses)
    if ((mode === "host" || !isLoopback(address)) && (await answersAt(address, port))) return true;
  return false;
}

function answersAt(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openConnection({ host, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** As a resolver inside would: numbers, /etc/hosts, then the servers of /etc/resolv.conf with its search domains. */
async function resolveName(
  name: string,
  { mode, hosts, resolvConf, others = "" }: NetworkRequest,
): Promise<readonly string[] | "no" | "unknown"> {
  if (isIP(name)) return [name];
  const known = addressesInHosts(hosts + others, name);
  if (known.length > 0) return known;
  if (name === "localhost") return ["127.0.0.1"];
  if (mode === "none") return "no";
  const asked = await askServers(name, resolvConf);
  if (asked.length > 0) return asked;
  // Names of other containers are known inside only.
  return mode === "host" ? "no" : "unknown";
}

function isOther(name: string, { hosts, others = "" }: NetworkRequest): boolean {
  return addressesInHosts(hosts, name).length === 0 && addressesInHosts(others, name).length > 0;
}

function addressesInHosts(hosts: string, name: string): readonly string[] {
  return hosts.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return names.some((one) => one.toLowerCase() === name.toLowerCase()) ? [address] : [];
  });
}

async function askServers(name: string, resolvConf: string): Promise<readonly string[]> {
  const { Resolver } = await import("node:dns/promises");
  const resolver = new Resolver({ timeout: LOOKUP_MS, tries: 1 });
  const servers = valuesOf(resolvConf, "nameserver").filter((server) => isIP(server));
  if (servers.length > 0) resolver.setServers(servers);
  for (const full of fullNames(name, valuesOf(resolvConf, "search"))) {
    const answers = await Promise.allSettled([resolver.resolve4(full), resolver.resolve6(full)]);
    const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length > 0) return found;
  }
  return [];
}

/** A name with a dot is tried as it is first, others with each search domain first (resolv.conf(5), ndots). */
function fullNames(name: string, domains: readonly string[]): readonly string[] {
  if (name.endsWith(".")) return [name];
  const longer = domains.filter((domain) => domain !== ".").map((domain) => `${name}.${domain}`);
  return name.includes(".") ? [name, ...longer] : [...longer, name];
}

function valuesOf(resolvConf: string, keyword: string): readonly string[] {
  return resolvConf.split("\n").flatMap((line) => {
    const [word, ...values] = line.trim().split(/\s+/);
    return word === keyword ? values : [];
  });
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** Whether something of this network namespace listens on a port, whatever the address (proc(5), /proc/net). */
function isListening(port: number, protocol: "tcp" | "udp"): Answer {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const listening = protocol === "tcp" ? "0A" : "07";
  const tables = [protocol, `${protocol}6`].map((name) => readTable(`/proc/net/${name}`));
  if (tables[0] === undefined) return "unknown";
  const isTaken = tables.some((table) =>
    table?.split("\n").some((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/);
      return local.endsWith(`:${wanted}`) && state === listening;
    }),
  );
  return isTaken ? "yes" : "no";
}

function readTable(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
