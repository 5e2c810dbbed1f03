import { parseGitUrl, withGitFlags } from "../context/git-url.ts";
import { parseUrlChecksum } from "../context/url-checksum.ts";
import type { EpochSource } from "../plan/options.ts";
import { findAddedGit, type GitFetch } from "./git-access.ts";
import { openHttpContext } from "./http-context.ts";

/**
 * The time of what a source-only stage adds: that of the commit, or as for a context behind a URL (SPEC EP-02); undefined where it
 * has none. Errors are those of fetching it.
 */
export async function remoteTime(
  { source, checksum }: Extract<EpochSource, { kind: "remote" }>,
  fetch: GitFetch,
): Promise<number | undefined> {
  const git = parseGitUrl(source);
  if (git) {
    const { checkout } = await findAddedGit(
      withGitFlags(git, checksum === undefined ? {} : { checksum }),
      fetch,
    );
    return (await checkout()).commitTime;
  }
  const promised = checksum === undefined ? {} : { checksum: parseUrlChecksum(checksum) };
  return (await openHttpContext({ ...fetch, url: source, ...promised })).time;
}
