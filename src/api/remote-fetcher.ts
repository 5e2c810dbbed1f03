import { fetchUrl } from "../context/fetch-url.ts";
import { gitIdentity } from "../context/git-resolve.ts";
import { parseGitUrl, withGitFlags } from "../context/git-url.ts";
import { openLocalContext } from "../context/local-context.ts";
import { httpAuthorization } from "../context/source-auth.ts";
import { parseUrlChecksum } from "../context/url-checksum.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import type { FetchedFile, RemoteFetcher } from "../execute/add/remote.ts";
import { classifySource } from "../plan/copy-sources.ts";
import { authorityFiles } from "../sys/authorities.ts";
import type { SecretSource, SshSource } from "./build-options.ts";
import { ContextSource } from "./context-source.ts";
import { fetchGit } from "./git-access.ts";
import { proxiesFrom } from "./proxies.ts";
import { secretReader } from "./secrets.ts";
import type { Session } from "./session.ts";

export interface RemoteFetcherOptions {
  readonly session: Session;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly ssh: Readonly<Record<string, SshSource>>;
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

/** What ADD takes from URLs and git repositories, fetched once per build. */
export function remoteFetcher(options: RemoteFetcherOptions): RemoteFetcher {
  const { session, scope, signal } = options;
  const readSecret = secretReader(options.secrets, session.environment);
  const files = new Map<string, Promise<FetchedFile>>();
  const isGit = (source: string) => parseGitUrl(source) !== undefined;
  return {
    isGit,
    isRemote: (source) => classifySource(source) !== "path",
    async file(url, { checksum }) {
      const key = JSON.stringify([url, checksum ?? ""]);
      const fetching = files.get(key) ?? fetchFile(url, checksum);
      files.set(key, fetching);
      return fetching;
    },
    async git(url, flags) {
      const source = withGitFlags(parseGitUrl(url)!, flags);
      const { root, resolved } = await fetchGit(source, {
        session,
        readSecret,
        ssh: options.ssh,
        scope,
        signal,
      });
      const identity = gitIdentity(source, resolved);
      return { tree: new ContextSource(`git ${source.remote}`, openLocalContext({ root })), identity };
    },
    spool: async (of) => {
      const folder = session.store.temp.directory("add");
      of.defer(() => session.store.temp.remove(folder));
      return folder;
    },
  };

  async function fetchFile(url: string, checksum: string | undefined): Promise<FetchedFile> {
    const dir = session.store.temp.directory("url");
    scope.defer(() => session.store.temp.remove(dir));
    const authorization = await httpAuthorization(new URL(url).host, readSecret);
    const fetched = await fetchUrl(url, {
      dir,
      ...(authorization ? { headers: { authorization } } : {}),
      proxy: proxiesFrom(session.environment.variables),
      authorities: authorityFiles(session.environment.variables),
      signal,
      ...(checksum ? { checksum: parseUrlChecksum(checksum) } : {}),
    });
    if (fetched.kind !== "fetched")
      throw new SlipwayError(
        "DOWNLOAD_FAILED",
        `${url} answered that nothing changed, though nothing was there before`,
      );
    return {
      file: fetched.path,
      name: fetched.name,
      digest: fetched.digest,
      size: fetched.size,
      lastModified: fetched.mtime,
    };
  }
}
