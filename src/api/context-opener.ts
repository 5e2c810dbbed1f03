import { createReadStream, statSync } from "node:fs";
import { resolve } from "node:path";
import { type ContractFile, contractNames, findContract } from "../context/find-contract.ts";
import { findDockerfile } from "../context/find-dockerfile.ts";
import { findLock, type LockFile, lockName, unreadableLock } from "../context/find-lock.ts";
import { type GitSource, parseGitUrl } from "../context/git-url.ts";
import type { IgnoreRules } from "../context/ignore-rules.ts";
import { openLocalContext } from "../context/local-context.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";
import { cleanPath } from "../execute/copy/select.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import { resolvePath } from "../layer/resolve.ts";
import { EPOCH_ARG } from "../plan/epoch.ts";
import { archiveContext, dockerfileOf, isArchiveHead, newestTime, smallFileOf } from "./archive-context.ts";
import type { LockOf } from "./build-lock.ts";
import type { BuildOptions } from "./build-options.ts";
import { localPart } from "./check-contexts.ts";
import { ContextSource } from "./context-source.ts";
import { booleanArg } from "./control-args.ts";
import { findGit, type GitFetch } from "./git-access.ts";
import { httpFolder, openHttpContext } from "./http-context.ts";
import { peek } from "./peek.ts";
import { secretReader } from "./secrets.ts";
import type { Session } from "./session.ts";
import { currentUrl } from "./url-cache.ts";

export const URL_TEXT = /^https?:\/\//i;

/** The Dockerfile; `path` where it is a file of this machine. */
export interface DockerfileOfContext {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly path?: string;
}

/** A context on this machine: a folder, given or fetched, or an unpacked archive. */
export interface ContextFolder {
  readonly root: string;
  /** The files of an archive; `root` then is not looked at. */
  readonly tree?: SourceTree;
  /** Ignore files count for folders of this machine only (SPEC DI-02). */
  readonly isLocal: boolean;
  readonly time?: number;
  /** The context is nothing but its Dockerfile (SPEC SG-15, CL-01). */
  readonly dockerfile?: Uint8Array;
}

/** Finds and fetches what the contexts of a build are, and what lies beside its Dockerfile. */
export class ContextOpener {
  readonly #session: Session;
  readonly #options: BuildOptions;
  readonly #scope: CleanupScope;
  readonly #explicitLock: LockOf;
  #lock: LockOf;

  constructor(session: Session, options: BuildOptions, scope: CleanupScope, lock: LockOf) {
    this.#session = session;
    this.#options = options;
    this.#scope = scope;
    this.#explicitLock = lock;
    this.#lock = lock;
  }

  /** What is opened from now on is pinned by this lock. */
  lockNext(lock: LockOf): void {
    this.#lock = lock;
  }

  /** What fetching something from elsewhere needs. */
  get fetch(): GitFetch {
    const { secrets = {}, ssh = {}, signal } = this.#options;
    return {
      session: this.#session,
      readSecret: secretReader(secrets, this.#session.environment, signal),
      ssh,
      scope: this.#scope,
      lock: this.#lock,
      ...(signal ? { signal } : {}),
    };
  }

  async mainFolder(): Promise<ContextFolder> {
    const { context, stdin } = this.#options;
    if (context !== "-") return this.#folder(context, true);
    if (!stdin) throw new SlipwayError("USAGE", "there is no standard input to read the context from");
    const { head, stream } = await peek(stdin, 1024);
    if (isArchiveHead(head)) {
      const tree = await archiveContext(this.#session, stream, this.#scope);
      return { root: "-", tree, isLocal: false, ...timeOf(newestTime(tree)) };
    }
    if (this.#options.file && this.#options.file !== "-")
      throw new SlipwayError(
        "USAGE",
        "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles",
      );
    return { root: this.#emptyFolder(), isLocal: false, dockerfile: await collectDockerfile(stream) };
  }

  async namedFolder(name: string): Promise<ContextFolder> {
    const specifier = this.#options.buildContexts?.[name];
    if (specifier === undefined)
      throw new SlipwayError("CONTEXT_NOT_FOUND", `there is no build context named ${name}`);
    return this.#folder(localPart(specifier), false);
  }

  async dockerfile(folder: ContextFolder): Promise<DockerfileOfContext> {
    const { dockerfile, file, stdin } = this.#options;
    if (dockerfile !== undefined) return { name: "Dockerfile", bytes: Buffer.from(dockerfile) };
    if (folder.dockerfile) return { name: "Dockerfile", bytes: folder.dockerfile };
    if (file === "-") {
      if (!stdin) throw new SlipwayError("USAGE", "there is no standard input to read the Dockerfile from");
      return { name: "-", bytes: await collectDockerfile(stdin) };
    }
    if (file !== undefined && URL_TEXT.test(file)) return this.#dockerfileFrom(file);
    if (folder.tree) return dockerfileOf(folder.tree, file);
    const { cwd } = this.#session.environment;
    return findDockerfile({
      contextRoot: folder.root,
      cwd,
      signal: this.#options.signal,
      ...(file ? { file } : {}),
      ...(folder.isLocal ? {} : { confined: true }),
    });
  }

  /** A Dockerfile that is no file, or comes from elsewhere than its context, has nothing beside it. */
  async contract(
    folder: ContextFolder,
    { name, path }: { readonly name: string; readonly path?: string },
    limit: number,
  ): Promise<ContractFile | undefined> {
    if (path !== undefined)
      return findContract({
        dockerfile: { path, name },
        limit,
        ...(folder.isLocal ? {} : { within: folder.root }),
      });
    return this.#besideInTree(folder, contractNames(name), limit);
  }

  /** The lock of a Dockerfile, under the same conditions. */
  async lock(
    folder: ContextFolder,
    { name, path }: DockerfileOfContext,
    limit: number,
  ): Promise<LockFile | undefined> {
    if (path === undefined) {
      const found = await this.#besideInTree(folder, [lockName(name)], limit);
      if (!found && this.#isInTree(folder, lockName(name)))
        throw unreadableLock(printableName(lockName(name)), "it is no file");
      return found;
    }
    const within = folder.isLocal ? {} : { within: folder.root };
    return findLock({ path: lockName(path), name: lockName(name), limit, ...within });
  }

  /** The first file of these names beside a Dockerfile that lies in an archive. */
  async #besideInTree(
    folder: ContextFolder,
    names: readonly string[],
    limit: number,
  ): Promise<{ readonly name: string; readonly text: string } | undefined> {
    if (!folder.tree || !this.#hasDockerfileInTree) return undefined;
    for (const name of names) {
      const text = await smallFileOf(folder.tree, name, limit);
      if (text !== undefined) return { name, text };
    }
    return undefined;
  }

  /** Whether anything has a name beside such a Dockerfile, be it a folder or a link to nothing. */
  #isInTree({ tree }: ContextFolder, name: string): boolean {
    if (!tree || !this.#hasDockerfileInTree) return false;
    return resolvePath(tree, cleanPath(name), { followLast: false }).entry !== undefined;
  }

  get #hasDockerfileInTree(): boolean {
    const { dockerfile, file } = this.#options;
    return dockerfile === undefined && file !== "-" && !(file !== undefined && URL_TEXT.test(file));
  }

  source(name: string, folder: ContextFolder, ignore: IgnoreRules | undefined): ContextSource {
    const { signal } = this.#options;
    const context = openLocalContext({
      root: folder.root,
      ...(ignore ? { ignore } : {}),
      ...(folder.isLocal ? { statIndex: this.#session.store.stats } : {}),
      ...(signal ? { signal } : {}),
    });
    return new ContextSource(name, context);
  }

  async #folder(text: string, isMain: boolean): Promise<ContextFolder> {
    // A folder of that name wins over what else the text might mean.
    const folder = resolve(this.#session.environment.cwd, text);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return { root: folder, isLocal: true };
    const git = parseGitUrl(text, { context: true });
    if (git) return this.#gitFolder(git, isMain);
    if (URL_TEXT.test(text)) return this.#httpFolder(text, isMain);
    return { root: folder, isLocal: true };
  }

  /** Arguments of the build decide about `.git` and times of the main context, where its URL does not (SPEC SG-16). */
  async #gitFolder(source: GitSource, isMain: boolean): Promise<ContextFolder> {
    const buildArgs = isMain ? this.#options.buildArgs : undefined;
    const keepGitDir = source.keepGitDir ?? booleanArg(buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR") ?? false;
    const mtime = source.mtime ?? (buildArgs?.[EPOCH_ARG] ? "commit" : "checkout");
    const { checkout } = await findGit({ ...source, keepGitDir, mtime }, this.fetch);
    const { root, commitTime } = await checkout();
    return { root, isLocal: false, time: commitTime };
  }

  /** As main context an archive is unpacked and any other file is the Dockerfile; as a named one it is a single file (SPEC SG-10, SG-15). */
  async #httpFolder(url: string, isMain: boolean): Promise<ContextFolder> {
    if (!isMain) return { isLocal: false, ...(await httpFolder({ ...this.fetch, url })) };
    const context = await openHttpContext({ ...this.fetch, url });
    const time = timeOf(context.time);
    if (context.kind === "archive") return { root: url, tree: context.tree, isLocal: false, ...time };
    const { root } = await httpFolder({ ...this.fetch, url });
    return {
      root,
      isLocal: false,
      dockerfile: await collectDockerfile(createReadStream(context.path)),
      ...time,
    };
  }

  async #dockerfileFrom(url: string): Promise<{ name: string; bytes: Uint8Array }> {
    // A lock beside a Dockerfile can be found only once that is here.
    const current = await currentUrl({ ...this.fetch, lock: this.#explicitLock, url });
    return { name: current.name, bytes: await collectDockerfile(createReadStream(await current.file())) };
  }

  #emptyFolder(): string {
    const folder = this.#session.store.temp.directory("context");
    this.#scope.defer(() => this.#session.store.temp.remove(folder));
    return folder;
  }
}

function timeOf(time: number | undefined): { readonly time?: number } {
  return time === undefined ? {} : { time };
}

async function collectDockerfile(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > LIMITS.dockerfile) throw new SlipwayError("DOCKERFILE_SYNTAX", "the Dockerfile is too large");
    chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  }
  return Buffer.concat(chunks);
}
