import { SlipwayError } from "../core/errors.ts";

/** `host=ip` or `host:ip`; brackets around IPv6 are taken off. Throws `USAGE`. */
export function parseHost(text: string): { readonly host: string; readonly ip: string } {
  const match = /^([^=:]+)[=:](.+)$/.exec(text);
  const ip = match?.[2]?.replace(/^\[(.*)\]$/, "$1");
  if (!match || !ip || !/^[0-9a-fA-F.:]+$/.test(ip))
    throw new SlipwayError("USAGE", `invalid host ${text}`, { hint: "write host=ip" });
  return { host: match[1]!, ip };
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
