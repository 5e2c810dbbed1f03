import { writeFileSync } from "node:fs";
import { CleanupScope } from "../../core/cleanup-scope.ts";
import { isSlipwayError } from "../../core/errors.ts";
import { currentOwner } from "../../store/owner.ts";
import type { Store } from "../../store/store.ts";
import { networkFolder, requireHolder, useNetwork } from "./bridge-holder.ts";
import { attach, type Bridge, detach, forgetLeases } from "./bridge-plugin.ts";
import { findFreePorts } from "./free-ports.ts";
import { Members } from "./members.ts";
import { findNetworkTools, requireTunnel } from "./network-tools.ts";
import type { BoundPort, PublishedPort } from "./published-port.ts";
import { openUplink, type Uplink } from "./uplink.ts";

export interface ConnectRequest {
  readonly store: Pick<Store, "paths" | "temp" | "locks">;
  /** PATH for tools. */
  readonly path: string;
  readonly containerId: string;
  /** What other containers call it. */
  readonly names: readonly string[];
  readonly ports: readonly PublishedPort[];
  /** A path for its /etc/hosts. */
  readonly hosts: string;
  /** What stands there, given its address, besides the names of other containers. */
  readonly hostsText: (address: string) => string;
}

/** The network of one container, for one start. */
export interface Connection {
  readonly namespace: string;
  /** On the network that containers share. */
  readonly address: string;
  readonly ports: readonly BoundPort[];
  close(): Promise<void>;
}

/**
 * Gives a container a network of its own: a way to the outside, at which its ports are published, and an interface on the bridge that
 * it shares with the other containers of this store, which know it by its names. Nothing of it outlives this process. Throws `PORT_TAKEN`,
 * `TOOL_NOT_FOUND`, `NETWORK_FAILED`.
 */
export async function connect(request: ConnectRequest): Promise<Connection> {
  const { store, path } = request;
  const tools = findNetworkTools(path);
  requireTunnel();
  const scope = new CleanupScope();
  try {
    scope.defer(await useNetwork(store));
    const bridge = await bridgeOf(store, tools.plugins, path);
    const { uplink, ports } = await uplinkWithPorts(request, tools.pasta);
    scope.defer(() => uplink.close());
    // A join that fails half-way has an address, or is known to others, already.
    scope.defer(() => leave(request, bridge, uplink.namespace));
    const address = await join(request, bridge, uplink.namespace);
    return { namespace: uplink.namespace, address, ports, close: () => scope.close() };
  } catch (error) {
    await scope.close().catch(() => {});
    throw error;
  }
}

const MOST_TRIES = 3;

/** Between looking for a free port and having it, somebody else may take it; where it was free to choose, another one does. */
async function uplinkWithPorts(
  { ports: wanted, path, hosts }: ConnectRequest,
  pasta: string,
): Promise<{ readonly uplink: Uplink; readonly ports: readonly BoundPort[] }> {
  for (let tries = 1; ; tries++) {
    const ports = await findFreePorts(wanted);
    try {
      return { uplink: await openUplink({ pasta, ports, path, place: `${hosts}.network` }), ports };
    } catch (error) {
      if (!isSlipwayError(error, "PORT_TAKEN") || tries === MOST_TRIES) throw error;
    }
  }
}

async function bridgeOf(store: ConnectRequest["store"], plugins: string, path: string): Promise<Bridge> {
  const { leases, members } = networkFolder(store);
  const onNew = (): void => {
    forgetLeases({ leases });
    new Members(members).clear();
  };
  const holder = await requireHolder({ store, path, needsUserNamespace: false, onNew });
  return { holder: holder.process, subnet: holder.subnet, leases, plugins, path };
}

function join(request: ConnectRequest, bridge: Bridge, namespace: string): Promise<string> {
  const { store, containerId: id, names, hosts, hostsText } = request;
  const members = new Members(networkFolder(store).members);
  return store.locks.withLock("private-network", async () => {
    for (const lost of members.lost()) {
      await detach(bridge, { containerId: lost.id });
      members.remove(lost);
    }
    const address = await attach(bridge, { containerId: id, namespace });
    const text = hostsText(address);
    writeFileSync(hosts, text, { mode: 0o644 });
    members.add({ id, address, names, owner: currentOwner(), hosts, text });
    members.tellNames();
    return address;
  });
}

function leave({ store, containerId: id }: ConnectRequest, bridge: Bridge, namespace: string): Promise<void> {
  const members = new Members(networkFolder(store).members);
  return store.locks.withLock("private-network", async () => {
    try {
      members.remove({ id });
    } finally {
      await detach(bridge, { containerId: id, namespace });
    }
    try {
      members.tellNames();
    } catch {
      // The others know a name that leads nowhere until the next one comes or goes; this container has ended as it did.
    }
  });
}
