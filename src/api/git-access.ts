import { join } from "node:path";
import { checkoutGit, type GitCheckout } from "../context/git-checkout.ts";
import type { GitAccess } from "../context/git-command.ts";
import { needsNoRemote, pinnedGit, type ResolvedGit, resolveGit } from "../context/git-resolve.ts";
import type { GitSource } from "../context/git-url.ts";
import { gitAuthorization } from "../context/source-auth.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { ReadSecret } from "../execute/run/run-options.ts";
import type { GitEntry } from "../lock/lock-entries.ts";
import { driftError, type SourceLock } from "../lock/source-lock.ts";
import { gitName } from "../lock/source-names.ts";
import type { LockOf } from "./build-lock.ts";
import type { SshSource } from "./build-options.ts";
import { offlineCheckout, offlineGit } from "./offline.ts";
import type { Session } from "./session.ts";
import { socketOf } from "./ssh-agents.ts";

export interface GitFetch {
  readonly session: Session;
  readonly readSecret: ReadSecret;
  readonly ssh: Readonly<Record<string, SshSource>>;
  /** The checkout is removed when it closes. */
  readonly scope: CleanupScope;
  /** Says the commit, where it has the source. */
  readonly lock?: LockOf;
  readonly signal?: AbortSignal;
}

/** A git source at the commit that it names now, not yet fetched. */
export interface FoundGit {
  readonly resolved: ResolvedGit;
  /** Checks it out into a folder of this build. */
  checkout(): Promise<GitCheckout>;
}

/**
 * Asks what a git source names (SPEC AD-12), the lock first. Throws `GIT_FAILED`; `LOCK_DRIFTED` where the lock's commit is not to be
 * had, `OFFLINE`.
 */
export async function findGit(source: GitSource, fetch: GitFetch): Promise<FoundGit> {
  const { session, scope } = fetch;
  const folder = session.store.temp.directory("git");
  scope.defer(() => session.store.temp.remove(folder));
  const access = await gitAccess(source, fetch, join(folder, "home"));
  const lock = await fetch.lock?.();
  const entry = lock?.git(source);
  if (session.offline && !entry && !needsNoRemote(source)) throw offlineGit(source.remote, source.ref);
  const resolved = entry ? lockedCommit(source, entry, lock!) : await resolveGit(source, access);
  return {
    resolved,
    checkout: async () => {
      if (session.offline) throw offlineCheckout(source.remote, resolved.commit);
      const checkout = checkoutGit(source, resolved, { ...access, dir: join(folder, "tree") });
      return entry ? checkout.catch((error) => throwGone(error, source, entry, lock!)) : checkout;
    },
  };
}

function lockedCommit(source: GitSource, { commit, ref, tag }: GitEntry, lock: SourceLock): ResolvedGit {
  const written = source.fetchByCommit ? source.checksum : source.ref;
  if (needsNoRemote(source) && written!.toLowerCase() !== commit)
    throw driftError(
      lock.file,
      { section: "git", name: lock.conceal(gitName(source)) },
      { promised: `commit ${commit}`, found: "its own text names another commit" },
    );
  return pinnedGit(source, {
    commit,
    ...(ref === undefined ? {} : { ref }),
    ...(tag === undefined ? {} : { tagObject: tag }),
  });
}

/** A repository whose history was written anew has other commits. */
function throwGone(error: unknown, source: GitSource, { commit }: GitEntry, lock: SourceLock): never {
  if (!isSlipwayError(error, "GIT_FAILED") || error.facts.ref === undefined) throw error;
  throw driftError(
    lock.file,
    { section: "git", name: lock.conceal(gitName(source)) },
    { promised: `commit ${commit}`, found: "its repository no longer has that commit", cause: error },
  );
}

/**
 * The same for a source that a Dockerfile names: over ssh it gets no further than the agent that the user handed to the build.
 * Throws `SECRET_NOT_FOUND` where there is none, before anything is contacted.
 */
export async function findAddedGit(source: GitSource, fetch: GitFetch): Promise<FoundGit> {
  if (source.transport === "ssh" && !fetch.ssh.default)
    throw new SlipwayError(
      "SECRET_NOT_FOUND",
      `unset ssh forward key default, which ${source.remote} needs`,
      {
        hint: "let the build use your ssh agent: --ssh default",
      },
    );
  return findGit(source, fetch);
}

async function gitAccess(
  source: GitSource,
  { session, readSecret, ssh, signal }: GitFetch,
  tempDir: string,
): Promise<GitAccess> {
  const authorization = await gitAuthorization(source.host, readSecret);
  const agent = ssh.default && socketOf(ssh.default);
  return {
    env: { ...session.environment.variables, PATH: session.environment.path },
    tempDir,
    ...(authorization ? { authorization } : {}),
    ...(agent ? { sshAgentSocket: agent } : {}),
    ...(signal ? { signal } : {}),
  };
}
