import { contentIdentity } from "../../cache/content-identity.ts";
import type { InputFiles } from "../../cache/inputs.ts";
import { excludeRules } from "../../context/ignore-rules.ts";
import type { Digest } from "../../core/digest.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { Entry } from "../../core/file-tree.ts";
import { redactCredentials } from "../../core/redact-credentials.ts";
import type { CopyStep } from "../../plan/graph.ts";
import { type Placement, placeSource } from "../copy/place.ts";
import { walkDirectory } from "../copy/select.ts";
import type { SourceTree } from "../source-tree.ts";
import { applyArchive, type Spool, type Unpacking } from "./archive.ts";
import { openArchive } from "./archive-file.ts";

/** A downloaded file. It lives until the build ends. */
export interface FetchedFile {
  readonly file: string;
  readonly digest: Digest;
  readonly size: number;
  /** Last-Modified in seconds since the epoch; 0 where the server did not say. */
  readonly lastModified: number;
}

/** A file behind a URL, as far as a cache key needs it. */
export interface RemoteFile {
  /** Last path segment of the URL, or `__unnamed__` (SPEC AD-05). */
  readonly name: string;
  /** Bytes and time, or what `--checksum` promises of the bytes: then the server need not be asked (SPEC AD-06). */
  readonly known: Pick<FetchedFile, "digest" | "lastModified"> | { readonly checksum: string };
  open(): Promise<FetchedFile>;
}

/** A repository at a commit. */
export interface RemoteRepository {
  /** SPEC AD-15. */
  readonly identity: string;
  open(): Promise<SourceTree>;
}

export interface FetchOptions {
  readonly checksum?: string;
}

/** Gets what ADD takes from elsewhere; implemented with the context's fetchers. */
export interface RemoteFetcher {
  file(url: string, options: FetchOptions): Promise<RemoteFile>;
  git(url: string, options: FetchOptions & { readonly keepGitDir?: boolean }): Promise<RemoteRepository>;
  /** Tells whether an ADD source is a URL or a git reference, not a path (SPEC AD-05, AD-09). */
  isRemote(source: string): boolean;
  isGit(source: string): boolean;
  readonly spool: Spool;
}

/** One remote source of an ADD, fetched. */
export interface RemoteSource {
  readonly inputs: InputFiles;
  place(at: Placement, unpacking: Unpacking): Promise<void>;
}

/** Finds out what the URLs and git references of an ADD are, in written order. */
export async function fetchRemoteSources(
  step: CopyStep,
  sources: readonly string[],
  fetcher: RemoteFetcher,
): Promise<RemoteSource[]> {
  if (step.checksum !== undefined && step.sources.length + step.heredocs.length > 1)
    throw new SlipwayError("INSTRUCTION_INVALID", "checksum can't be specified for multiple sources");
  const options = step.checksum === undefined ? {} : { checksum: step.checksum };
  return Promise.all(
    sources.map((url) =>
      fetcher.isGit(url) ? gitSource(step, url, fetcher, options) : fileSource(step, url, fetcher, options),
    ),
  );
}

async function fileSource(
  step: CopyStep,
  url: string,
  fetcher: RemoteFetcher,
  options: FetchOptions,
): Promise<RemoteSource> {
  const remote = await fetcher.file(url, options);
  const { name, known } = remote;
  const identity =
    "checksum" in known
      ? known.checksum
      : `${contentIdentity(fileEntry(name, { ...known, size: 0 }))} ${known.lastModified}`;
  return {
    inputs: { from: redactCredentials(url), selector: name, entries: [[name, identity]] },
    place: async (at, unpacking) => {
      const { file, ...facts } = await remote.open();
      const root = fileEntry(name, facts);
      const bytes: Placement["bytes"] = () => ({ kind: "path", path: file });
      const placement = { ...at, bytes, linkIdentity: () => undefined };
      const source = { entry: root, path: file };
      const archive = step.unpack === true ? await openArchive(source, unpacking.signal) : undefined;
      if (archive) await applyArchive(archive, { at: placement, like: root }, unpacking);
      else placeSource(unpacking.changes, { selector: url, name, root, entries: [] }, placement);
    },
  };
}

function fileEntry(name: string, { digest, size, lastModified }: Omit<FetchedFile, "file">): Entry {
  return {
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
}

async function gitSource(
  step: CopyStep,
  url: string,
  fetcher: RemoteFetcher,
  options: FetchOptions,
): Promise<RemoteSource> {
  const repository = await fetcher.git(url, {
    ...options,
    ...(step.keepGitDir === undefined ? {} : { keepGitDir: step.keepGitDir }),
  });
  const excludes = step.excludes.length > 0 ? excludeRules(step.excludes) : undefined;
  return {
    inputs: { from: "git", selector: "", entries: [["", repository.identity]] },
    place: async (at, { changes }) => {
      const tree = await repository.open();
      const entries = [...walkDirectory(tree, "", excludes)];
      await tree.prepare(entries.map(({ entry }) => entry.path));
      placeSource(
        changes,
        { selector: url, name: "", root: tree.lookup("")!, entries },
        {
          ...at,
          bytes: (entry) => ({ kind: "path", path: tree.locate(entry.path) }),
          linkIdentity: () => undefined,
        },
      );
    },
  };
}
