import { type Digest, isDigest } from "../core/digest.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { redactCredentials } from "../core/redact-credentials.ts";

/** Where an image is: `docker.io/library/debian:bookworm@sha256:…` in parts. At least one of tag and digest unless made with `addLatest: false`. */
export interface Reference {
  /** Host with optional port; `docker.io` where the text names none. */
  readonly domain: string;
  /** Path below the domain; `library/` is there for Docker's official images. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_DOMAIN = "docker.io";
/** Grammar and limits of the distribution project's reference package, which the OCI distribution-spec v1.1 §pull shares. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const LABEL = "(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9A-Fa-f:]+\\])(?::[0-9]+)?$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const MAX_REPOSITORY = 255;
const WELL_FORMED =
  "between slashes there are lowercase letters and digits, parted by `.`, `_`, `__` or dashes";

/**
 * Parses and normalises an image name as Docker does (SPEC FR-04): `docker.io`, `library/` and, where there is neither tag
 * nor digest, `latest` are filled in (the last not with `addLatest: false`). Throws `REFERENCE_INVALID`.
 */
export function parseReference(text: string, options: { readonly addLatest?: boolean } = {}): Reference {
  if (text === "") throw invalid(text, "it is empty", "write name[:tag]");
  if (/^[0-9a-f]{64}$/.test(text))
    throw invalid(
      text,
      "64 hex digits are an image ID, not a name",
      "put `sha256:` in front to name an image by its ID",
    );
  const [named, digest] = splitDigest(text);
  const [name, tag] = splitTag(named, text);
  const { domain, repository } = splitDomain(name);
  checkRepository(repository, name, text);
  if (!DOMAIN.test(domain))
    throw invalid(text, `"${domain}" is not a host name`, "write host[:port]/name[:tag]");
  const finalTag = tag ?? (digest || options.addLatest === false ? undefined : "latest");
  return {
    domain,
    repository: domain === DEFAULT_DOMAIN && !repository.includes("/") ? `library/${repository}` : repository,
    ...(finalTag ? { tag: finalTag } : {}),
    ...(digest ? { digest } : {}),
  };
}

/** The same; undefined where the text cannot be a name, as one with a variable in it. */
export function referenceIfValid(
  text: string,
  options: { readonly addLatest?: boolean } = {},
): Reference | undefined {
  try {
    return parseReference(text, options);
  } catch (error) {
    if (isSlipwayError(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}

/** `docker.io/library/debian:bookworm@sha256:…` */
export function fullName(ref: Reference): string {
  return `${ref.domain}/${ref.repository}${suffix(ref)}`;
}

/** The form people write: `debian:bookworm`, without `docker.io/` and `library/`. */
export function familiarName(ref: Reference): string {
  return familiarRepository(ref) + suffix(ref);
}

/** The familiar form without tag and digest. The domain stays where its absence would make a host of what follows it. */
export function familiarRepository({ domain, repository }: Reference): string {
  if (domain !== DEFAULT_DOMAIN || splitDomain(repository).repository !== repository)
    return `${domain}/${repository}`;
  return /^library\/[^/]+$/.test(repository) ? repository.slice("library/".length) : repository;
}

/** The key under which a named context replaces the image `text`: its familiar form without `:latest` (SPEC SG-09). */
export function namedContextKey(text: string): string {
  return familiarName(parseReference(text, { addLatest: false })).replace(/:latest$/, "");
}

/** The same image with another digest; the tag stays for information. */
export function withDigest(ref: Reference, digest: Digest): Reference {
  return { ...ref, digest };
}

/** The name that a store keeps an image under: with a digest the tag says nothing any more. */
export function storedName({ domain, repository, tag, digest }: Reference): string {
  return fullName({ domain, repository, ...(digest ? { digest } : tag ? { tag } : {}) });
}

function suffix({ tag, digest }: Reference): string {
  return (tag ? `:${tag}` : "") + (digest ? `@${digest}` : "");
}

function splitDigest(text: string): [string, Digest | undefined] {
  const at = text.indexOf("@");
  if (at < 0) return [text, undefined];
  const digest = text.slice(at + 1);
  if (isDigest(digest)) return [text.slice(0, at), digest];
  throw invalid(
    text,
    "what follows `@` is not a sha256 digest",
    "write name@sha256: and 64 lowercase hex digits",
  );
}

function splitTag(named: string, text: string): [string, string | undefined] {
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  if (colon < 0) return [named, undefined];
  const tag = named.slice(colon + 1);
  if (TAG.test(tag)) return [named.slice(0, colon), tag];
  throw invalid(
    text,
    `"${tag}" is not a tag`,
    "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and starts with none of the last two",
  );
}

/** The first component is a host if it looks like one: a dot, a colon, an upper-case letter, or `localhost`. */
function splitDomain(name: string): { domain: string; repository: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:A-Z]/.test(first) || first === "localhost";
  if (slash < 0 || !isHost) return { domain: DEFAULT_DOMAIN, repository: name };
  const domain = first === "index.docker.io" ? DEFAULT_DOMAIN : first;
  return { domain, repository: name.slice(slash + 1) };
}

function checkRepository(repository: string, name: string, text: string): void {
  if (repository.length > MAX_REPOSITORY)
    throw invalid(
      text,
      `the repository name is longer than ${MAX_REPOSITORY} characters`,
      "use a shorter name",
    );
  if (repository.split("/").every((component) => COMPONENT.test(component))) return;
  if (/[A-Z]/.test(repository)) {
    const lower = repository.toLowerCase();
    const isEnough = lower.split("/").every((component) => COMPONENT.test(component));
    const better = isEnough ? `write ${name.slice(0, name.length - lower.length)}${lower}` : WELL_FORMED;
    throw invalid(text, "the repository name must be lowercase", better);
  }
  if (/:\/\//.test(text)) throw invalid(text, "an image name has no URL scheme", "leave the scheme out");
  throw invalid(text, "the repository name is not well formed", WELL_FORMED);
}

function clip(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function invalid(text: string, reason: string, hint?: string): SlipwayError {
  const shown = JSON.stringify(clip(redactCredentials(text)));
  return new SlipwayError(
    "REFERENCE_INVALID",
    `invalid image reference ${shown}: ${reason}`,
    hint ? { hint } : {},
  );
}
