import { isIP } from "node:net";
import { SlipwayError } from "../core/errors.ts";

export interface HostEntry {
  readonly host: string;
  readonly ip: string;
}

/** Stands for the machine that the build runs on. */
const HOST_GATEWAY = "host-gateway";

/**
 * `host=ip` or `host:ip`; several addresses are separated by commas, IPv6 may be in brackets, `host-gateway` stands for this
 * machine. Names are put into lower case, as BuildKit does it. Throws `USAGE`.
 */
export function parseHost(text: string): readonly HostEntry[] {
  const match = /^([^=]*)=(.*)$/s.exec(text) ?? /^([^:]*):(.*)$/s.exec(text);
  const [host = "", addresses = ""] = match?.slice(1) ?? [];
  if (host === "" || addresses === "") throw invalidHost(text);
  if (addresses === HOST_GATEWAY) return [{ host: host.toLowerCase(), ip: HOST_GATEWAY }];
  return addresses.split(",").map((address) => {
    const ip = canonicalIp(address.replace(/^\[(.*)\]$/s, "$1"));
    if (ip === undefined) throw invalidHost(text);
    return { host: host.toLowerCase(), ip };
  });
}

function invalidHost(text: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `invalid host ${text}`, {
    hint: "write host=ip, or host=host-gateway for this machine",
  });
}

/** The shortest form, in lower case; IPv4 for an IPv6 address that stands for one. */
function canonicalIp(text: string): string | undefined {
  const version = text.includes("%") ? 0 : isIP(text);
  if (version !== 6) return version === 4 ? text : undefined;
  const short = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join(".");
}

export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

const ULIMITS =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );

/** `name=soft[:hard]` each, -1 for no limit; a later one of the same name wins. Throws `USAGE`. */
export function parseUlimits(list: readonly string[]): readonly Ulimit[] {
  return [...new Map(list.map(parseUlimit).map((limit) => [limit.name, limit])).values()];
}

function parseUlimit(text: string): Ulimit {
  const match = /^([^=]+)=(-?\d{1,15})(?::(-?\d{1,15}))?$/.exec(text);
  if (!match)
    throw new SlipwayError("USAGE", `invalid ulimit ${JSON.stringify(text)}`, {
      hint: "write name=soft[:hard], for example nofile=1024:4096",
    });
  const [, name = "", softText, hardText = softText] = match;
  if (!ULIMITS.includes(name))
    throw new SlipwayError("USAGE", `invalid ulimit type: ${name}`, { hint: `known: ${ULIMITS.join(", ")}` });
  const [soft, hard] = [Number(softText), Number(hardText)];
  if (hard !== -1 && (soft > hard || soft === -1))
    throw new SlipwayError(
      "USAGE",
      `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
    );
  return { name, soft, hard };
}
