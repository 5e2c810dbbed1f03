import { gitIdentity } from "../context/git-resolve.ts";
import { parseGitUrl, withGitFlags } from "../context/git-url.ts";
import { openLocalContext } from "../context/local-context.ts";
import { parseUrlChecksum, urlFileName } from "../context/url-checksum.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import type { FetchedFile, RemoteFetcher, RemoteFile } from "../execute/add/remote.ts";
import { modifiedSeconds } from "../lock/lock-entries.ts";
import { classifySource } from "../plan/copy-sources.ts";
import type { LockOf } from "./build-lock.ts";
import type { SecretSource, SshSource } from "./build-options.ts";
import { ContextSource } from "./context-source.ts";
import { findAddedGit } from "./git-access.ts";
import { once } from "./once.ts";
import { secretReader } from "./secrets.ts";
import type { Session } from "./session.ts";
import { type CurrentUrl, currentUrl } from "./url-cache.ts";

export interface RemoteFetcherOptions {
  readonly session: Session;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly ssh: Readonly<Record<string, SshSource>>;
  readonly lock: LockOf;
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

/** What ADD takes from URLs and git repositories: looked at once per build, fetched when a step has to run. */
export function remoteFetcher(options: RemoteFetcherOptions): RemoteFetcher {
  const { session, lock, scope, signal } = options;
  const readSecret = secretReader(options.secrets, session.environment, signal);
  const files = new Map<string, Promise<RemoteFile>>();
  const isGit = (source: string) => parseGitUrl(source) !== undefined;
  return {
    isGit,
    isRemote: (source) => classifySource(source) !== "path",
    async file(url, { checksum }) {
      const key = JSON.stringify([url, checksum ?? ""]);
      const file = files.get(key) ?? remoteFile(url, checksum);
      files.set(key, file);
      return file;
    },
    async git(url, flags) {
      // Times of a checkout are for contexts only (SPEC AD-11).
      const { mtime: _, ...source } = withGitFlags(parseGitUrl(url)!, flags);
      const fetch = { session, readSecret, ssh: options.ssh, lock, scope, signal };
      const { resolved, checkout } = await findAddedGit(source, fetch);
      return {
        identity: gitIdentity(source, resolved),
        open: once(async () => {
          const { root } = await checkout();
          return new ContextSource(`git ${source.remote}`, openLocalContext({ root }));
        }),
      };
    },
    spool: async (of) => {
      const folder = session.store.temp.directory("add");
      of.defer(() => session.store.temp.remove(folder));
      return folder;
    },
  };

  async function remoteFile(url: string, checksum: string | undefined): Promise<RemoteFile> {
    const request = { session, url, readSecret, lock, scope, signal };
    const entry = checksum === undefined ? (await lock())?.url(url, false) : undefined;
    if (entry) {
      const known = { digest: entry.checksum, lastModified: modifiedSeconds(entry) };
      return { name: urlFileName(url), known, open: once(async () => opened(await currentUrl(request))) };
    }
    if (checksum === undefined) {
      const current = await currentUrl(request);
      return { name: current.name, known: current, open: once(() => opened(current)) };
    }
    const promised = parseUrlChecksum(checksum);
    const open = once(async () => opened(await currentUrl({ ...request, checksum: promised })));
    return { name: urlFileName(url), known: { checksum }, open };
  }
}

async function opened(current: CurrentUrl): Promise<FetchedFile> {
  const { digest, size, lastModified } = current;
  return { file: await current.file(), digest, size, lastModified };
}
