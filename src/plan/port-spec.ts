import { isIP } from "node:net";
import { invalidInstruction } from "./located.ts";

/** One argument of EXPOSE, taken apart: `[[ip:]hostport:]port[-port][/proto]` (SPEC CF-07). */
export interface PortSpec {
  /** As written. */
  readonly raw: string;
  readonly ip: string;
  readonly hostPort: string;
  /** Without the protocol. */
  readonly containerPort: string;
  /** As written; `tcp` where there is none. */
  readonly protocol: string;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

const PORT_HINT = "write a port from 0 to 65535 or a range such as 8000-8010, with /tcp or /udp behind it";
const PROTOCOLS: ReadonlySet<string> = new Set(["tcp", "udp", "sctp"]);

/** Splits a port argument; throws INSTRUCTION_INVALID where it has no port or an unknown protocol (SPEC CF-08). */
export function splitPortSpec(raw: string): PortSpec {
  const parts = raw.split(":");
  const last = parts.at(-1)!;
  const slash = last.indexOf("/");
  const containerPort = slash < 0 ? last : last.slice(0, slash);
  const protocol = (slash < 0 ? "" : last.slice(slash + 1)) || "tcp";
  if (containerPort === "") throw invalidInstruction(`invalid port: "${raw}": no port specified`, PORT_HINT);
  if (!PROTOCOLS.has(protocol.toLowerCase()))
    throw invalidInstruction(`invalid port: "${raw}": invalid proto: ${protocol}`, "use tcp, udp or sctp");
  return { raw, ip: parts.slice(0, -2).join(":"), hostPort: parts.at(-2) ?? "", containerPort, protocol };
}

/** Every container port of the argument as `port/proto`; host parts are only checked (SPEC CF-07, CF-08). */
export function expandPortSpec({ ip, hostPort, containerPort, protocol }: PortSpec): readonly string[] {
  checkAddress(ip);
  const container = parseRange(containerPort);
  if (!container) throw invalidInstruction(`invalid containerPort: ${containerPort}`, PORT_HINT);
  if (hostPort !== "") checkHostPorts(hostPort, { container, containerPort });
  const count = container.last - container.first + 1;
  return Array.from({ length: count }, (_, i) => `${container.first + i}/${protocol.toLowerCase()}`);
}

function checkAddress(ip: string): void {
  const bare = ip.startsWith("[") && ip.endsWith("]") ? ip.slice(1, -1) : ip;
  if (bare !== "" && isIP(bare) === 0) throw invalidInstruction(`invalid IP address: ${bare}`, PORT_HINT);
}

function checkHostPorts(
  hostPort: string,
  { container, containerPort }: { readonly container: PortRange; readonly containerPort: string },
): void {
  const host = parseRange(hostPort);
  if (!host) throw invalidInstruction(`invalid hostPort: ${hostPort}`, PORT_HINT);
  const sizesDiffer = host.last - host.first !== container.last - container.first;
  if (sizesDiffer && container.first !== container.last)
    throw invalidInstruction(
      `invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`,
      "make both ranges as long as each other, or leave the host's out",
    );
}

function parseRange(text: string): PortRange | undefined {
  const [first = "", last = first, ...more] = text.split("-");
  if (more.length > 0 || !isPort(first) || !isPort(last) || Number(last) < Number(first)) return undefined;
  return { first: Number(first), last: Number(last) };
}

function isPort(text: string): boolean {
  return /^[0-9]+$/.test(text) && Number(text) <= 65535;
}
