import { isIP } from "node:net";
import { SlipwayError } from "../../core/errors.ts";

export type Protocol = "tcp" | "udp";

/** A port of a container that is to be reached at this machine. Plain data. */
export interface PublishedPort {
  /** An address of this machine; `0.0.0.0` is each of them. */
  readonly ip: string;
  /** The first and the last that will do; 0 and 0: any that is free. */
  readonly host: readonly [number, number];
  readonly container: number;
  readonly protocol: Protocol;
}

/** Where it is reached: `host` is one that was found free. */
export interface BoundPort {
  readonly ip: string;
  readonly host: number;
  readonly container: number;
  readonly protocol: Protocol;
}

const EVERY_ADDRESS = "0.0.0.0";
const HIGHEST = 65535;
const HINT = "write [[address:]port here:]port inside[/udp], for example 8080:80 or 127.0.0.1:8080:80";

/** Parses what `-p` says, ranges included (SPEC DR-09). Pure. Throws `USAGE`. */
export function parsePublish(text: string): readonly PublishedPort[] {
  const { ip, host, container, protocol } = split(text);
  const inside = range(container, text);
  const here = host === "" ? ([0, 0] as const) : range(host, text);
  if (inside[0] === 0) throw wrong(text, "a container has no port 0");
  const count = inside[1] - inside[0] + 1;
  const isAny = here[0] === 0;
  const isSameLength = here[1] - here[0] + 1 === count;
  if (!isAny && !isSameLength && count > 1) throw wrong(text, "the ranges are not of the same length");
  return Array.from({ length: count }, (_, i) => ({
    ip,
    host: isAny ? [0, 0] : isSameLength ? [here[0] + i, here[0] + i] : here,
    container: inside[0] + i,
    protocol,
  }));
}

/** Parses what `--expose` and EXPOSE say: `port[-port][/protocol]`, as `port/protocol` each. Pure. Throws `USAGE`. */
export function parseExpose(text: string): readonly string[] {
  const [ports = "", protocol = "tcp"] = text.split("/");
  const [first, last] = range(ports, text);
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol.toLowerCase()}`);
}

/** Ports of the command line, and with `isAll` every exposed port that is not among them, at a free port (SPEC DR-09). Throws `USAGE`. */
export function publishedPorts(
  publish: readonly string[],
  exposed: readonly string[],
  isAll: boolean,
): readonly PublishedPort[] {
  const own = publish.flatMap(parsePublish);
  if (!isAll) return own;
  const isThere = (text: string) =>
    own.some(({ container, protocol }) => `${container}/${protocol}` === text);
  const others = [...new Set(exposed.flatMap(parseExpose))].filter((text) => !isThere(text));
  return [...own, ...others.flatMap(parsePublish)];
}

interface Parts {
  readonly ip: string;
  readonly host: string;
  readonly container: string;
  readonly protocol: Protocol;
}

function split(text: string): Parts {
  const slash = text.lastIndexOf("/");
  const protocol = slash < 0 ? "tcp" : text.slice(slash + 1).toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp")
    throw wrong(text, `ports of the protocol ${JSON.stringify(protocol)} cannot be published`);
  const ports = slash < 0 ? text : text.slice(0, slash);
  const match = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(?:([^:]*):)?([^:]+)$/.exec(ports);
  if (!match) throw wrong(text, "it has too many parts");
  const [, bracketed, first, second, container = ""] = match;
  // One part before the container's port is a port, two are an address and a port.
  const isPortOnly = bracketed === undefined && second === undefined;
  const ip = isPortOnly ? "" : (bracketed ?? first ?? "");
  return { ip: address(ip, text), host: (isPortOnly ? first : second) ?? "", container, protocol };
}

function address(ip: string, text: string): string {
  if (ip === "") return EVERY_ADDRESS;
  if (isIP(ip) === 0) throw wrong(text, `${JSON.stringify(ip)} is no address`);
  if (isIP(ip) === 6) throw wrong(text, "private networks have IPv4 only");
  return ip;
}

function range(text: string, whole: string): readonly [number, number] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const [first, last] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [1, 0];
  if (last < first || last > HIGHEST)
    throw wrong(whole, `${JSON.stringify(text)} is no port and no range of ports`);
  return [first, last];
}

function wrong(text: string, why: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `invalid port ${JSON.stringify(text)}: ${why}`, { hint: HINT });
}
