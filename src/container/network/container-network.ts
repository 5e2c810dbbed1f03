import { hostname as machineName } from "node:os";
import { join } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import { hostsFile, machineHostsFile, resolverFile } from "../../runtime/network-files.ts";
import type { Network } from "../../runtime/request.ts";
import { pidOf } from "../../store/owner.ts";
import type { Store } from "../../store/store.ts";
import { shortId } from "../container-names.ts";
import type { NetworkState } from "../container-record.ts";
import type { Container, ContainerStore } from "../container-store.ts";
import type { PlannedMount } from "../volume/mount-places.ts";
import { hasMachineName, networkMode, sharedWith } from "./network-mode.ts";
import { connect } from "./private-network.ts";
import { publishedPorts } from "./published-port.ts";
import { machineAddress, UPLINK } from "./subnet.ts";

/** A network that is there, and the files that tell a container of it. */
export interface PreparedNetwork {
  readonly place: Network;
  readonly hostname: string;
  /** /etc/hosts, /etc/resolv.conf and /etc/hostname. */
  readonly files: readonly PlannedMount[];
  /** Of a container on the private network. */
  readonly state?: NetworkState;
  close(): Promise<void>;
}

export interface NetworkRequest {
  readonly container: Container;
  readonly containers: Pick<ContainerStore, "find">;
  readonly store: Pick<Store, "paths" | "temp" | "locks">;
  /** The machine's /etc/resolv.conf and /etc/hosts; empty where there is none. */
  readonly resolvConf: string;
  readonly machineHosts: string;
  /** PATH for tools. */
  readonly path: string;
}

/** Makes a container's network for one start. Throws `PORT_TAKEN`, `TOOL_NOT_FOUND`, `NETWORK_FAILED`, `CONTAINER_NOT_FOUND`, `CONTAINER_STATE`. */
export async function prepareNetwork(request: NetworkRequest): Promise<PreparedNetwork> {
  const { record } = request.container;
  const mode = networkMode(record.options);
  const other = sharedWith(mode);
  if (other !== undefined) return sharedNetwork(request, other);
  if (mode === "private") return privateNetwork(request);
  const place = mode === "none" ? "none" : "host";
  const hostname = hostnameOf(request.container);
  const files = filesFor(request.container);
  const hosts = hostsText(request.container, request.machineHosts);
  const resolver = resolverText(request.container, request.resolvConf, place);
  return {
    ...{ place, hostname, close: async () => {} },
    files: [files.text("/etc/hosts", hosts), ...files.names(hostname, resolver)],
  };
}

async function privateNetwork({
  container,
  store,
  resolvConf,
  path,
}: NetworkRequest): Promise<PreparedNetwork> {
  const { record } = container;
  const { publish = [], publishAll = false, expose = [], networkAliases = [] } = record.options;
  const exposed = [...Object.keys(record.image.config.ExposedPorts ?? {}), ...expose];
  const hostname = hostnameOf(container);
  const hosts = hostsPath(container);
  const gateway = machineAddress() ?? UPLINK.gateway;
  const connection = await connect({
    ...{ store, path, hosts },
    containerId: record.id,
    names: [...new Set([record.name, shortId(record.id), ...networkAliases])],
    ports: publishedPorts(publish, exposed, publishAll),
    hostsText: (address) => hostsFile(hostname, extraHosts(container), { address, gateway }),
  });
  const { namespace, address, ports } = connection;
  const resolver = resolverText(container, resolvConf, "none", [UPLINK.resolver]);
  const files = filesFor(container);
  return {
    ...{ place: { namespace }, hostname, state: { address, ports } },
    files: [files.shared("/etc/hosts", hosts), ...files.names(hostname, resolver)],
    close: connection.close,
  };
}

/** The other one's files as well: both have the same address and the same names. */
function sharedNetwork(request: NetworkRequest, name: string): PreparedNetwork {
  const other = request.containers.find(name);
  const { process, status } = other.state;
  if (process === undefined)
    throw new SlipwayError(
      "CONTAINER_STATE",
      `the container ${name} has no network to share: it is ${status}`,
      {
        hint: `start it first (slipway start ${name})`,
      },
    );
  const hostname = hostnameOf(other);
  const mode = networkMode(other.record.options);
  const isPrivate = mode === "private";
  const files = filesFor(request.container);
  const hosts = isPrivate
    ? files.shared("/etc/hosts", hostsPath(other))
    : files.text("/etc/hosts", hostsText(other, request.machineHosts));
  const place = mode === "host" ? "host" : "none";
  const resolver = resolverText(other, request.resolvConf, place, isPrivate ? [UPLINK.resolver] : undefined);
  return {
    place: mode === "host" ? "host" : { namespace: `/proc/${pidOf(process)}/ns/net` },
    hostname,
    files: [hosts, ...files.names(hostname, resolver)],
    close: async () => {},
  };
}

function hostnameOf({ record }: Container): string {
  if (hasMachineName(record.options)) return machineName();
  return record.options.hostname ?? shortId(record.id);
}

function hostsText(container: Container, machineHosts: string): string {
  const extra = extraHosts(container);
  return hasMachineName(container.record.options)
    ? machineHostsFile(machineHosts, extra)
    : hostsFile(hostnameOf(container), extra);
}

/** The file that others' names are written to while the container runs. */
function hostsPath({ folder }: Container): string {
  return join(folder.scratch, "hosts");
}

function extraHosts({ record }: Container) {
  return (record.options.addHosts ?? []).map(({ host, ip }) => ({ name: host, ip }));
}

function resolverText(
  { record: { options } }: Container,
  host: string,
  network: "none" | "host",
  fallback?: readonly string[],
): string {
  const { dns = [], dnsSearch = [], dnsOptions = [] } = options;
  return resolverFile({
    ...{ network, host, nameservers: dns, search: dnsSearch, options: dnsOptions },
    ...(fallback ? { fallback } : {}),
  });
}

/**
 * The container may change them as it may its other files. They are made anew for each start, and nothing of this machine is behind
 * them; only containers that share a private network's address share its /etc/hosts.
 */
function filesFor({ record }: Container) {
  const isReadOnly = record.options.readOnly ?? false;
  const text = (path: string, content: string): PlannedMount => ({
    target: { path, type: "file" },
    at: (target) => ({ type: "file", target, content, mode: 0o644, isWritable: !isReadOnly }),
  });
  const shared = (path: string, source: string): PlannedMount => ({
    target: { path, type: "file" },
    at: (target) => ({
      ...{ type: "bind", target, readOnly: isReadOnly },
      source: { kind: "path", path: source },
    }),
  });
  const names = (hostname: string, resolver: string): readonly PlannedMount[] => [
    text("/etc/resolv.conf", resolver),
    text("/etc/hostname", `${hostname}\n`),
  ];
  return { text, shared, names };
}
