import { contentIdentity } from "../../cache/content-identity.ts";
import type { InputFiles } from "../../cache/inputs.ts";
import { excludeRules } from "../../context/ignore-rules.ts";
import type { CleanupScope } from "../../core/cleanup-scope.ts";
import type { Digest } from "../../core/digest.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { Entry } from "../../core/file-tree.ts";
import { redactCredentials } from "../../core/redact-credentials.ts";
import type { CopyStep } from "../../plan/graph.ts";
import type { ChangeSet } from "../copy/change-set.ts";
import { type Placement, placeSource } from "../copy/place.ts";
import { walkDirectory } from "../copy/select.ts";
import type { SourceTree } from "../source-tree.ts";
import { applyArchive, isArchive, type Spool } from "./archive.ts";

/** A downloaded file. It lives until the build ends. */
export interface FetchedFile {
  readonly file: string;
  /** Last path segment of the URL, or `__unnamed__` (SPEC AD-05). */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
  /** Last-Modified in seconds since the epoch; 0 where the server did not say. */
  readonly lastModified: number;
}

/** Gets what ADD takes from elsewhere; implemented with the context's fetchers. */
export interface RemoteFetcher {
  file(url: string, options: { readonly checksum?: string }): Promise<FetchedFile>;
  git(
    url: string,
    options: { readonly checksum?: string; readonly keepGitDir?: boolean },
  ): Promise<{ readonly tree: SourceTree; readonly identity: string }>;
  /** Tells whether an ADD source is a URL or a git reference, not a path (SPEC AD-05, AD-09). */
  isRemote(source: string): boolean;
  isGit(source: string): boolean;
  readonly spool: Spool;
}

/** One remote source of an ADD, fetched. */
export interface RemoteSource {
  readonly inputs: InputFiles;
  place(changes: ChangeSet, at: Placement, scope: CleanupScope, signal: AbortSignal): Promise<void>;
}

/** Fetches the URLs and git references of an ADD, in written order. */
export async function fetchRemoteSources(
  step: CopyStep,
  sources: readonly string[],
  fetcher: RemoteFetcher,
): Promise<RemoteSource[]> {
  if (step.checksum !== undefined && step.sources.length + step.heredocs.length > 1)
    throw new SlipwayError("INSTRUCTION_INVALID", "checksum can't be specified for multiple sources");
  return Promise.all(
    sources.map((url) =>
      fetcher.isGit(url) ? gitSource(step, url, fetcher) : fileSource(step, url, fetcher),
    ),
  );
}

async function fileSource(step: CopyStep, url: string, fetcher: RemoteFetcher): Promise<RemoteSource> {
  const fetched = await fetcher.file(url, step.checksum === undefined ? {} : { checksum: step.checksum });
  const { name, digest, size, lastModified } = fetched;
  const root: Entry = {
    path: name,
    type: "file",
    mode: 0o600,
    uid: 0,
    gid: 0,
    size,
    mtime: lastModified,
    mtimeNs: 0,
    digest,
  };
  return {
    inputs: {
      from: redactCredentials(url),
      selector: name,
      entries: [[name, `${contentIdentity(root)} ${lastModified}`]],
    },
    place: async (changes, at, scope, signal) => {
      const bytes: Placement["bytes"] = () => ({ kind: "path", path: fetched.file });
      const placement = { ...at, bytes, linkIdentity: () => undefined };
      if (step.unpack === true && (await isArchive(fetched.file)))
        await applyArchive({
          file: fetched.file,
          changes,
          at: placement,
          like: root,
          spool: fetcher.spool,
          scope,
          signal,
        });
      else placeSource(changes, { selector: url, name, root, entries: [] }, placement);
    },
  };
}

async function gitSource(step: CopyStep, url: string, fetcher: RemoteFetcher): Promise<RemoteSource> {
  const { tree, identity } = await fetcher.git(url, {
    ...(step.checksum === undefined ? {} : { checksum: step.checksum }),
    ...(step.keepGitDir === undefined ? {} : { keepGitDir: step.keepGitDir }),
  });
  const root = tree.lookup("")!;
  const excludes = step.excludes.length > 0 ? excludeRules(step.excludes) : undefined;
  return {
    inputs: { from: "git", selector: "", entries: [["", identity]] },
    place: async (changes, at) => {
      const entries = [...walkDirectory(tree, "", excludes)];
      await tree.prepare(entries.map(({ entry }) => entry.path));
      placeSource(
        changes,
        { selector: url, name: "", root, entries },
        {
          ...at,
          bytes: (entry) => ({ kind: "path", path: tree.locate(entry.path) }),
          linkIdentity: () => undefined,
        },
      );
    },
  };
}
