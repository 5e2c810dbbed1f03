import { isIP } from "node:net";
import { SlipwayError } from "../core/errors.ts";

/**
 * `host=ip` or `host:ip`, with more addresses behind commas; brackets around IPv6 are taken off, and `host-gateway` is this
 * machine, whose network steps have (SPEC 8.1, --add-host). Throws `USAGE`.
 */
export function parseHosts(
  values: readonly string[],
): readonly { readonly host: string; readonly ip: string }[] {
  return values.flatMap((value) => {
    const match = /^([^=:]+)[=:](.+)$/.exec(value);
    if (!match) throw invalidHost(value);
    const [, host, list] = match;
    return list!.split(",").map((text) => ({ host: host!, ip: addressOf(text, value) }));
  });
}

function addressOf(text: string, value: string): string {
  if (text === "host-gateway") return "127.0.0.1";
  const ip = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(ip) === 0) throw invalidHost(value);
  return ip;
}

function invalidHost(value: string): SlipwayError {
  return new SlipwayError("USAGE", `invalid host ${value}`, { hint: "write host=ip" });
}

/** `name=soft[:hard]`. Throws `USAGE`. */
export function parseUlimit(text: string): {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
} {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (!match)
    throw new SlipwayError("USAGE", `invalid ulimit ${JSON.stringify(text)}`, {
      hint: "write name=soft[:hard], for example nofile=1024:4096",
    });
  return { name: match[1]!, soft: Number(match[2]), hard: Number(match[3] ?? match[2]) };
}
