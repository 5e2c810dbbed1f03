import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Reference } from "../image/reference.ts";
import { type Endpoint, isDockerHub, makeEndpoint } from "./endpoint.ts";
import { type RepositoryName, repositoryText } from "./reference.ts";
import type { RegistriesConf } from "./registries-conf.ts";
import type { MirrorEntry, RegistryEntry } from "./registries-toml.ts";

/** What decides where a repository is. */
export interface EndpointRules {
  readonly conf: RegistriesConf;
  /** Hosts that are insecure by an option of the command instead of a file. */
  readonly insecureHosts?: readonly string[];
}

/**
 * Where an image may be pulled from, best first: the mirrors that serve this kind of reference, then the location itself
 * (containers-registries.conf(5)). Throws `REGISTRY_BLOCKED`.
 */
export function resolveEndpoints(name: Reference, rules: EndpointRules): readonly Endpoint[] {
  const match = findEntry(name, rules.conf);
  if (!match) return [ownEndpoint(name, rules)];
  refuseBlocked(name, match.entry);
  const mirrors = match.entry.mirrors
    .filter((mirror) => serves(mirror, name.digest))
    .map((mirror) => placed(mirror.location, match.rest, { insecure: mirror.insecure, mirror: true }, rules));
  const { location, insecure } = match.entry;
  const own =
    location === undefined
      ? ownEndpoint(name, rules, insecure)
      : placed(location, match.rest, { insecure, mirror: false }, rules);
  return [...mirrors, own];
}

/** Where an image is pushed: the registry that its name says, never a mirror or another location. Throws `REGISTRY_BLOCKED`. */
export function pushEndpoint(name: RepositoryName, rules: EndpointRules): Endpoint {
  const match = findEntry(name, rules.conf);
  if (match) refuseBlocked(name, match.entry);
  return ownEndpoint(name, rules, match?.entry.insecure);
}

interface Match {
  readonly entry: RegistryEntry;
  /** What the name has after the prefix; empty or with its leading slash. */
  readonly rest: string;
}

function findEntry(name: RepositoryName, conf: RegistriesConf): Match | undefined {
  const text = `${name.domain}/${name.repository}`;
  let best: Match | undefined;
  for (const entry of conf.registries) {
    const rest = afterPrefix(text, entry.prefix);
    if (rest !== undefined && (!best || entry.prefix.length > best.entry.prefix.length)) {
      best = { entry, rest };
    }
  }
  return best;
}

function afterPrefix(text: string, prefix: string): string | undefined {
  const isNext = (rest: string): boolean => rest === "" || rest.startsWith("/");
  if (!prefix.startsWith("*.")) {
    const rest = text.slice(prefix.length);
    return text.startsWith(prefix) && isNext(rest) ? rest : undefined;
  }
  const [suffix = "", path = ""] = splitHost(prefix.slice(1));
  const [host = "", repository = ""] = splitHost(text);
  const rest = repository.slice(path.length);
  const matches = host.length > suffix.length && host.endsWith(suffix) && repository.startsWith(path);
  return matches && isNext(rest) ? rest : undefined;
}

function splitHost(place: string): readonly string[] {
  const slash = place.indexOf("/");
  return slash < 0 ? [place, ""] : [place.slice(0, slash), place.slice(slash)];
}

function placed(
  location: string,
  rest: string,
  flags: { readonly insecure: boolean; readonly mirror: boolean },
  rules: EndpointRules,
): Endpoint {
  const place = `${location}${rest}`;
  const slash = place.indexOf("/");
  if (slash < 0) {
    throw new SlipwayError("USAGE", `the location ${location} of registries.conf leaves no repository name`, {
      hint: "give the location as many path parts as the prefix needs",
    });
  }
  const host = place.slice(0, slash);
  const insecure = flags.insecure || isListed(host, rules);
  return makeEndpoint({ host, repository: place.slice(slash + 1), insecure, mirror: flags.mirror });
}

function ownEndpoint(name: RepositoryName, rules: EndpointRules, insecure = false): Endpoint {
  return makeEndpoint({
    host: name.domain,
    repository: name.repository,
    insecure: insecure || isListed(name.domain, rules),
  });
}

function isListed(host: string, rules: EndpointRules): boolean {
  return (rules.insecureHosts ?? []).some((h) => h === host || (isDockerHub(h) && isDockerHub(host)));
}

function serves(mirror: MirrorEntry, digest: Digest | undefined): boolean {
  if (mirror.use === "all") return true;
  return digest === undefined ? mirror.use === "tag-only" : mirror.use === "digest-only";
}

function refuseBlocked(name: RepositoryName, entry: RegistryEntry): void {
  if (!entry.blocked) return;
  throw new SlipwayError("REGISTRY_BLOCKED", `${repositoryText(name)} is blocked by ${entry.file}`, {
    hint: `remove "blocked = true" for the prefix ${entry.prefix} there, or use another registry`,
    facts: { prefix: entry.prefix, file: entry.file },
  });
}
