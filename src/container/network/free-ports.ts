import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { SlipwayError, systemErrorCode } from "../../core/errors.ts";
import type { BoundPort, Protocol, PublishedPort } from "./published-port.ts";

/** What keeps a port until it is let go of. */
interface Held {
  readonly port: number;
  release(): Promise<void>;
}

/**
 * Chooses a port of this machine for each, all of them free at this moment. Throws `PORT_TAKEN` with the port's number, also where a user
 * may not have it.
 */
export async function findFreePorts(ports: readonly PublishedPort[]): Promise<readonly BoundPort[]> {
  const held: Held[] = [];
  const bound: BoundPort[] = [];
  try {
    for (const port of ports) {
      const found = await holdAny(port);
      held.push(found);
      bound.push({ ip: port.ip, host: found.port, container: port.container, protocol: port.protocol });
    }
    return bound;
  } finally {
    await Promise.all(held.map(({ release }) => release()));
  }
}

async function holdAny({ ip, host: [first, last], protocol }: PublishedPort): Promise<Held> {
  for (let port = first; ; port++) {
    try {
      return await hold(ip, port, protocol);
    } catch (error) {
      if (port < last && systemErrorCode(error) === "EADDRINUSE") continue;
      throw taken(error, `${ip}:${first === last ? port : `${first}-${last}`}/${protocol}`, port);
    }
  }
}

function hold(host: string, port: number, protocol: Protocol): Promise<Held> {
  return new Promise((resolve, reject) => {
    if (protocol === "tcp") {
      const server = createServer();
      server.once("error", reject);
      server.listen({ host, port, exclusive: true }, () => {
        const address = server.address();
        const release = () => new Promise<void>((done) => server.close(() => done()));
        resolve({ port: address !== null && typeof address === "object" ? address.port : port, release });
      });
      return;
    }
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      const release = () => new Promise<void>((done) => socket.close(() => done()));
      resolve({ port: socket.address().port, release });
    });
  });
}

function taken(cause: unknown, what: string, port: number): SlipwayError<"PORT_TAKEN"> {
  const facts = { port };
  switch (systemErrorCode(cause)) {
    case "EADDRINUSE":
      return new SlipwayError("PORT_TAKEN", `port ${what} is already in use on this machine`, {
        ...{ cause, facts },
        hint: "stop what listens there, or publish at another port",
      });
    case "EACCES":
      return new SlipwayError("PORT_TAKEN", `port ${what} is only for root`, {
        ...{ cause, facts },
        hint: "publish at a port above 1023, or lower net.ipv4.ip_unprivileged_port_start",
      });
    case "EADDRNOTAVAIL":
      return new SlipwayError("PORT_TAKEN", `port ${what} cannot be had: this machine has no such address`, {
        ...{ cause, facts },
      });
    default:
      return new SlipwayError("PORT_TAKEN", `port ${what} cannot be had: ${(cause as Error).message}`, {
        ...{ cause, facts },
      });
  }
}
