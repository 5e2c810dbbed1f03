import { SlipwayError } from "../core/errors.ts";
import { type GitAccess, GitCommand } from "./git-command.ts";
import type { GitSource } from "./git-url.ts";

/** What the ref of a source means at this moment. */
export interface ResolvedGit {
  /** Full commit id, 40 or 64 hex digits. */
  readonly commit: string;
  /** Full name of the ref that was found; absent where the source names a commit id. */
  readonly ref?: string;
  /** Id of the tag object, for an annotated tag. */
  readonly tagObject?: string;
}

/**
 * Asks the remote what the ref is (SPEC AD-12), without fetching anything; a full commit id needs no question. Throws
 * `GIT_FAILED`: `repository does not contain ref X`, a wrong checksum (SPEC AD-13), or what git said.
 */
export async function resolveGit(source: GitSource, access: GitAccess): Promise<ResolvedGit> {
  const id = source.fetchByCommit ? source.checksum : source.ref;
  if (id !== undefined && isFullId(id)) return verified(source, { commit: id.toLowerCase() });
  return verified(source, await askRemote(source, access));
}

/**
 * The same where it is known already what the ref is: nobody is asked. Throws `GIT_FAILED` where the source has a checksum that says
 * something else (SPEC AD-13).
 */
export function pinnedGit(source: GitSource, pinned: ResolvedGit): ResolvedGit {
  return verified(source, pinned);
}

/** Whether `resolveGit` gets by without the remote. */
export function needsNoRemote({ fetchByCommit, checksum, ref }: GitSource): boolean {
  const id = fetchByCommit ? checksum : ref;
  return id !== undefined && isFullId(id);
}

/** The part of a cache key that says which content a checkout has (SPEC AD-15). The checksum is not in it (SPEC AD-13). */
export function gitIdentity(source: GitSource, resolved: ResolvedGit): string {
  const kept = source.keepGitDir ? `.git#${resolved.ref ?? source.ref ?? "HEAD"}` : "";
  const subdir = source.subdir ? `:${source.subdir}` : "";
  const submodules = source.submodules === false ? "(skip-submodules)" : "";
  const mtime = source.mtime === "commit" ? "(mtime=commit)" : "";
  return `${resolved.commit}${kept}${subdir}${submodules}${mtime}`;
}

async function askRemote(source: GitSource, access: GitAccess): Promise<ResolvedGit> {
  const git = await GitCommand.create(source, access);
  const wanted = source.ref ?? "HEAD";
  const output = await git.run(["ls-remote", "--symref", "--", source.remote, wanted, `${wanted}^{}`]);
  const { ids, head } = readListing(output);
  const names =
    wanted === "HEAD" ? ["HEAD"] : [wanted, `refs/heads/${wanted}`, `refs/tags/${wanted}`, `refs/${wanted}`];
  const name = names.find((candidate) => ids.has(candidate));
  if (name === undefined) throw missingRef(source, wanted);
  const id = ids.get(name)!;
  const peeled = ids.get(`${name}^{}`);
  const ref = name === "HEAD" ? (head ?? name) : name;
  return peeled === undefined ? { commit: id, ref } : { commit: peeled, ref, tagObject: id };
}

/** Lines of `<id>\t<name>`, and `ref: <target>\tHEAD` for where HEAD points. */
function readListing(output: string): { ids: ReadonlyMap<string, string>; head: string | undefined } {
  const ids = new Map<string, string>();
  let head: string | undefined;
  for (const line of output.split("\n")) {
    const [value = "", name = ""] = line.split("\t");
    if (isFullId(value)) ids.set(name, value);
    else if (name === "HEAD" && value.startsWith("ref: ")) head = value.slice(5);
  }
  return { ids, head };
}

export function missingRef(source: GitSource, ref: string): SlipwayError<"GIT_FAILED"> {
  const short = /^[0-9a-f]{4,39}$/i.test(ref);
  return new SlipwayError("GIT_FAILED", `repository does not contain ref ${ref}`, {
    ...(short ? { hint: "a commit must be named by its full id" } : {}),
    facts: { remote: source.remote, ref },
  });
}

function verified(source: GitSource, resolved: ResolvedGit): ResolvedGit {
  const { commit, tagObject } = resolved;
  const wanted = source.checksum?.toLowerCase();
  if (wanted === undefined || commit.startsWith(wanted) || tagObject?.startsWith(wanted)) return resolved;
  const got = tagObject === undefined ? commit : `${commit} or ${tagObject}`;
  throw new SlipwayError("GIT_FAILED", `expected checksum to match ${source.checksum}, got ${got}`, {
    facts: { remote: source.remote, commit },
  });
}

export function isFullId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
}
