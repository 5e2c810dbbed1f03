import type { BuildOptions } from "../api/build-options.ts";
import type { Environment } from "../api/environment.ts";
import { readDockerConfig } from "../registry/docker-config.ts";

/** Members of `proxies.default` in Docker's config.json, and the arguments that they become. */
const PROXIES = {
  httpProxy: "HTTP_PROXY",
  httpsProxy: "HTTPS_PROXY",
  noProxy: "NO_PROXY",
  ftpProxy: "FTP_PROXY",
  allProxy: "ALL_PROXY",
} as const;

/**
 * The options with the proxies of Docker's client configuration as build arguments, in both spellings, where the command line has
 * none of that name in any case (SPEC CL-04). Throws `USAGE` where the file is not what Docker writes.
 */
export async function withProxies(
  options: BuildOptions,
  { dockerConfig }: Environment,
): Promise<BuildOptions> {
  const { raw } = await readDockerConfig(dockerConfig);
  const configured = recordOf(recordOf(raw.proxies).default);
  const given = new Set(Object.keys(options.buildArgs ?? {}).map((name) => name.toUpperCase()));
  const added = Object.entries(PROXIES).flatMap(([member, name]) => {
    const value = configured[member];
    if (typeof value !== "string" || value === "" || given.has(name)) return [];
    return [[name, value] as const, [name.toLowerCase(), value] as const];
  });
  if (added.length === 0) return options;
  return { ...options, buildArgs: { ...Object.fromEntries(added), ...options.buildArgs } };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
