import { posix } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { type GitQuery, parseGitQuery } from "./git-query.ts";

export type GitTransport = "https" | "http" | "ssh" | "git" | "file";

/** A repository and what to take from it. Holds no secret in a field that is ever shown. */
export interface GitSource {
  /** URL or `user@host:path`, without password, query and fragment; safe to print and to store. */
  readonly remote: string;
  readonly transport: GitTransport;
  /** With the port, where one was written. */
  readonly host: string;
  /** `user:password` of an http(s) URL, percent-decoded. Never to be printed or stored. */
  readonly credentials?: string;
  /** Branch, tag, full ref or commit id; absent: the remote's HEAD. */
  readonly ref?: string;
  /** Relative, cleaned, never leaving the root; absent: the root. */
  readonly subdir?: string;
  /** A commit id or the beginning of one, that the result must have (SPEC AD-13). */
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  /** False: submodules are left out. */
  readonly submodules?: boolean;
  readonly mtime?: "checkout" | "commit";
  readonly fetchByCommit?: boolean;
}

export interface ParseGitOptions {
  /** A build context, where `github.com/owner/name` is git too (SPEC AD-09). */
  readonly context?: boolean;
  /** Take `file://` repositories; for tests and for callers that know what they do. */
  readonly allowFile?: boolean;
}

const HINT =
  "write https://host/path.git#ref:folder, or put ref=, tag=, branch=, subdir=, checksum= and the like behind a `?`";
const URL_SHAPE = /^([a-zA-Z0-9]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const SCP_SHAPE =
  /^([a-zA-Z0-9_][a-zA-Z0-9_-]*@([a-zA-Z0-9.][a-zA-Z0-9.-]*):([^?#]*))(?:\?([^#]*))?(?:#(.*))?$/s;

/**
 * Reads a git URL (SPEC AD-09, AD-10); undefined where the text is something else: a path, or a plain http(s) URL, whose
 * path does not end in `.git`. Throws for a git URL with a wrong query or ref: `USAGE` for a context, else
 * `INSTRUCTION_INVALID`.
 */
export function parseGitUrl(text: string, options: ParseGitOptions = {}): GitSource | undefined {
  if (/^\.\.?\//.test(text) || /[\u0000-\u0020\u007f]/.test(text)) return undefined;
  const expanded = options.context && text.startsWith("github.com/") ? `https://${text}` : text;
  const parts = splitUrl(expanded) ?? splitScp(expanded);
  if (!parts) return undefined;
  if (parts.transport === "file" && !options.allowFile) return undefined;
  const web = parts.transport === "http" || parts.transport === "https";
  if (web && expanded === text && !parts.path.endsWith(".git")) return undefined;
  const [ref, subdir] = splitFragment(decode(parts.fragment));
  const fail = (problem: string): SlipwayError =>
    new SlipwayError(options.context ? "USAGE" : "INSTRUCTION_INVALID", problem, { hint: HINT });
  const query = parseGitQuery(parts.query, { ref, subdir }, fail);
  return { ...locationOf(parts), ...finish(query, fail) };
}

/** What the flags of ADD say on top of the query (SPEC AD-11). */
export interface GitFlags {
  readonly keepGitDir?: boolean;
  readonly checksum?: string;
}

/** Adds the flags of an ADD to its source; throws `INSTRUCTION_INVALID` where the two disagree. */
export function withGitFlags(source: GitSource, flags: GitFlags): GitSource {
  const fail = (problem: string): SlipwayError =>
    new SlipwayError("INSTRUCTION_INVALID", problem, {
      hint: "say it in one place: in the flag, or in the URL",
    });
  const { keepGitDir, checksum } = flags;
  if (keepGitDir !== undefined && source.keepGitDir !== undefined && keepGitDir !== source.keepGitDir)
    throw fail("inconsistent keep-git-dir configuration");
  if (checksum && source.checksum && checksum !== source.checksum)
    throw fail(`checksum mismatch ${JSON.stringify(checksum)} != ${JSON.stringify(source.checksum)}`);
  if (checksum) requireHex(checksum, fail);
  return {
    ...source,
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(checksum ? { checksum } : {}),
  };
}

interface UrlParts {
  readonly transport: GitTransport;
  readonly remote: string;
  readonly host: string;
  readonly credentials?: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

function splitUrl(text: string): UrlParts | undefined {
  const [, scheme = "", authority = "", path = "", query = "", fragment = ""] = URL_SHAPE.exec(text) ?? [];
  const transport = scheme.toLowerCase();
  if (!isTransport(transport)) return undefined;
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const user = at < 0 ? "" : authority.slice(0, at);
  // ssh and git itself take a host or user that begins with a dash for an option.
  if (host.startsWith("-") || user.startsWith("-") || (host === "" && transport !== "file")) return undefined;
  const shown = transport === "ssh" && user !== "" ? `${user.split(":")[0]}@${host}` : host;
  const secret = (transport === "http" || transport === "https") && user !== "" ? decode(user) : undefined;
  const remote = `${transport}://${shown}${path}`;
  return {
    transport,
    remote,
    host,
    path,
    query,
    fragment,
    ...(secret === undefined ? {} : { credentials: secret }),
  };
}

function splitScp(text: string): UrlParts | undefined {
  const [, remote = "", host = "", path = "", query = "", fragment = ""] = SCP_SHAPE.exec(text) ?? [];
  return remote === "" || path === "" || path.startsWith("-")
    ? undefined
    : { transport: "ssh", remote, host, path, query, fragment };
}

function isTransport(scheme: string): scheme is GitTransport {
  return ["https", "http", "ssh", "git", "file"].includes(scheme);
}

function locationOf(parts: UrlParts): Pick<GitSource, "remote" | "transport" | "host" | "credentials"> {
  const { remote, transport, host, credentials } = parts;
  return { remote, transport, host, ...(credentials === undefined ? {} : { credentials }) };
}

function splitFragment(fragment: string): [ref: string, subdir: string] {
  const colon = fragment.indexOf(":");
  return colon < 0 ? [fragment, ""] : [fragment.slice(0, colon), fragment.slice(colon + 1)];
}

function finish(
  query: GitQuery,
  fail: (problem: string) => SlipwayError,
): Omit<GitSource, "remote" | "transport" | "host"> {
  const { ref, subdir, ...rest } = query;
  if (ref) requireSafeRef(ref, fail);
  if (rest.checksum) requireHex(rest.checksum, fail);
  if (rest.fetchByCommit && !/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(rest.checksum ?? ""))
    throw fail("fetch-by-commit requires a checksum that is a full commit id");
  const clean = posix.join("/", subdir ?? "").replace(/^\/|\/$/g, "");
  return { ...rest, ...(ref ? { ref } : {}), ...(clean ? { subdir: clean } : {}) };
}

/** The characters that `git check-ref-format` forbids; also keeps options and patterns away from the git command. */
function requireSafeRef(ref: string, fail: (problem: string) => SlipwayError): void {
  if (ref.startsWith("-") || /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.lock$/.test(ref))
    throw fail(`invalid git ref ${JSON.stringify(ref)}`);
}

function requireHex(checksum: string, fail: (problem: string) => SlipwayError): void {
  if (!/^[0-9a-f]{1,64}$/i.test(checksum))
    throw fail(`invalid checksum ${checksum} for Git URL, expected hex commit hash`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
