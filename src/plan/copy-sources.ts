import { type GitFlags, parseGitUrl, withGitFlags } from "../context/git-url.ts";
import { parseUrl } from "../core/parse-url.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import { invalidInstruction } from "./located.ts";

/** What a source of COPY or ADD is: a path in a context or stage, a URL, or a git repository (SPEC CP-01, AD-09). */
export type SourceKind = "path" | "url" | "git";

/**
 * Tells the kinds apart by their text alone. `github.com/o/r` is a path here, and so is whatever begins with `./` or
 * `../`. Throws INSTRUCTION_INVALID for a git URL with a wrong query or ref (SPEC AD-10).
 */
export function classifySource(source: string): SourceKind {
  if (parseGitUrl(source)) return "git";
  return /^https?:\/\//.test(source) ? "url" : "path";
}

/** What the flags of an ADD and the query of its git sources say must agree (SPEC AD-11). Throws INSTRUCTION_INVALID. */
export function checkGitSources(sources: readonly string[], flags: GitFlags): void {
  for (const source of sources) {
    const git = parseGitUrl(source);
    if (git) withGitFlags(git, flags);
  }
}

/** What looks like a URL has to be one. Throws INSTRUCTION_INVALID. */
export function checkUrls(sources: readonly string[]): void {
  for (const source of sources)
    if (classifySource(source) === "url" && !parseUrl(source))
      throw invalidInstruction(
        `invalid URL ${JSON.stringify(redactCredentials(source))}`,
        "write http:// or https:// and a host",
      );
}

/** COPY reads files only (SPEC CP-01). Throws INSTRUCTION_INVALID. */
export function checkCopySources(sources: readonly string[]): void {
  for (const source of sources) {
    const kind = classifySource(source);
    if (kind === "git")
      throw invalidInstruction("source can't be a git ref for COPY", "use ADD for git repositories");
    if (kind === "url") throw invalidInstruction("source can't be a URL for COPY", "use ADD for URLs");
  }
}

const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };
const DIGEST_SHAPE = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** `--checksum` of ADD: for exactly one source, a URL or a repository (SPEC AD-07). Throws INSTRUCTION_INVALID. */
export function checkChecksum(checksum: string, sources: readonly string[]): void {
  const [source] = sources;
  if (source === undefined || sources.length > 1)
    throw invalidInstruction(
      "checksum can't be specified for multiple sources",
      "write one ADD for each source",
    );
  const kind = classifySource(source);
  if (kind === "path")
    throw invalidInstruction(
      "checksum requires HTTP(S) or Git sources",
      "leave --checksum out: files of the context are always compared by their content",
    );
  if (kind === "url") checkDigest(checksum);
}

function checkDigest(checksum: string): void {
  const colon = checksum.indexOf(":");
  const algorithm = checksum.slice(0, Math.max(colon, 0));
  const encoded = checksum.slice(colon + 1);
  const length = Object.hasOwn(DIGEST_LENGTHS, algorithm) ? DIGEST_LENGTHS[algorithm] : undefined;
  if (colon < 1 || encoded === "") throw invalidInstruction("invalid checksum digest format", HINT);
  if (length === undefined)
    throw invalidInstruction(
      DIGEST_SHAPE.test(checksum) ? "unsupported digest algorithm" : "invalid checksum digest format",
      HINT,
    );
  if (encoded.length !== length) throw invalidInstruction("invalid checksum digest length", HINT);
  if (!/^[0-9a-f]+$/.test(encoded)) throw invalidInstruction("invalid checksum digest format", HINT);
}

const HINT = "write --checksum=sha256: and 64 lowercase hex digits";
