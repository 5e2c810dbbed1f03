import type { ContractFile } from "../context/find-contract.ts";
import { readIgnoreRules } from "../context/find-dockerfile.ts";
import { parseGitUrl } from "../context/git-url.ts";
import type { IgnoreRules } from "../context/ignore-rules.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import type { SourceLock } from "../lock/source-lock.ts";
import type { EpochSource } from "../plan/options.ts";
import { checkLockOptions, type LockOf, lockBeside, namedLock } from "./build-lock.ts";
import type { BuildOptions } from "./build-options.ts";
import { checkNamedContexts, IMAGE_CONTEXT } from "./check-contexts.ts";
import { type ContextFolder, ContextOpener, type DockerfileOfContext, URL_TEXT } from "./context-opener.ts";
import { once } from "./once.ts";
import type { Session } from "./session.ts";
import { remoteTime } from "./source-time.ts";

/** The contexts of one build. Each is opened when it is first asked for. */
export interface BuildContexts {
  /** Names the main context for "the last build of it". */
  readonly identity: string;
  dockerfile(): Promise<DockerfileOfContext>;
  /** The contract of preconditions beside the Dockerfile, at most about `limit` bytes of it; undefined where there is none. */
  readonly contract: (limit: number) => Promise<ContractFile | undefined>;
  /** What the sources of this build are pinned to. Throws `LOCK_INVALID`, `LOCK_INCOMPLETE`. */
  readonly lock: LockOf;
  /** Whether the main context, and so its Dockerfile, is a folder of this machine. */
  readonly isLocal: boolean;
  readonly main: () => Promise<SourceTree>;
  /** The ignore file of the main context, where it is a folder of this machine (SPEC DI-02). */
  readonly ignoreRules: () => Promise<IgnoreRules | undefined>;
  readonly named: (name: string) => Promise<SourceTree>;
  /** Time of a context, for a symbolic SOURCE_DATE_EPOCH (SPEC EP-02). */
  readonly sourceTime: (source: EpochSource) => Promise<number | undefined>;
}

/** Opens the contexts of a build (SPEC SG-10, SG-15, CL-01). Throws `CONTEXT_*`, `DOCKERFILE_NOT_FOUND`, `USAGE`. */
export async function openContexts(
  session: Session,
  options: BuildOptions,
  scope: CleanupScope,
  given?: GivenLock,
): Promise<BuildContexts> {
  const { cwd } = session.environment;
  checkLockOptions(options);
  checkNamedContexts(options.buildContexts ?? {}, cwd);
  const place = { options, cwd, notice: given?.notice ?? (() => {}) };
  const explicit = given?.lock ?? once(() => namedLock(place));
  // What the main context is, only a lock can say that does not lie in it.
  const opener = new ContextOpener(session, options, scope, explicit);
  const folder = await opener.mainFolder();
  const dockerfile = once(() => opener.dockerfile(folder));
  const lock = once(async () => {
    const named = await explicit();
    if (named || given?.lock) return named;
    const own = await dockerfile();
    const found = await lockBeside((limit) => opener.lock(folder, own, limit), own.name, place);
    if (options.locked && !folder.isLocal) requireMainContext(found, options.context);
    return found;
  });
  opener.lockNext(lock);
  const ignoreRules = once(async () =>
    folder.isLocal ? readIgnoreRules(folder.root, (await dockerfile()).path) : undefined,
  );
  const open = async (name: string, at: ContextFolder, ignore?: IgnoreRules): Promise<SourceTree> => {
    if (at.tree) return at.tree;
    const source = opener.source(name, at, ignore);
    // What was learnt about files at rest is kept after a failed build, too.
    scope.defer(() => source.close());
    return source;
  };
  const openNamed = async (name: string, at: ContextFolder): Promise<SourceTree> =>
    open(`context ${name}`, at, at.isLocal && !at.tree ? await readIgnoreRules(at.root) : undefined);
  const folders = new Map<string, Promise<ContextFolder>>();
  const namedFolder = (name: string): Promise<ContextFolder> => {
    const known = folders.get(name) ?? opener.namedFolder(name);
    folders.set(name, known);
    return known;
  };
  const named = new Map<string, Promise<SourceTree>>();
  return {
    identity: options.context === "-" ? "-" : folder.isLocal ? folder.root : options.context,
    dockerfile,
    contract: async (limit) => opener.contract(folder, await dockerfile(), limit),
    lock,
    isLocal: folder.isLocal,
    main: once(async () => open("context", folder, await ignoreRules())),
    ignoreRules,
    named: (name) => {
      const known = named.get(name) ?? namedFolder(name).then((at) => openNamed(name, at));
      named.set(name, known);
      return known;
    },
    sourceTime: async (source) => {
      if (source.kind === "context") return folder.time;
      if (source.kind === "remote") {
        const time = await remoteTime(source, opener.fetch);
        if (time === undefined) throw noTime(`the remote source ${redactCredentials(source.source)}`);
        return time;
      }
      const specifier = options.buildContexts?.[source.name] ?? "";
      // Images are resolved by the plan, not as folders.
      const at = IMAGE_CONTEXT.test(specifier) ? undefined : await namedFolder(source.name);
      if (at?.time === undefined) throw noTime(`the build context ${source.name}`);
      return at.time;
    },
  };
}

/** A lock that is not looked for, or who is told of what a lock lacks. */
export interface GivenLock {
  readonly lock?: LockOf;
  readonly notice?: (message: string) => void;
}

/** A context from elsewhere is a source like any other. Throws `LOCK_INCOMPLETE` where its text does not pin it, nor the lock in it. */
function requireMainContext(lock: SourceLock | undefined, context: string): void {
  const git = parseGitUrl(context, { context: true });
  if (git) lock?.git(git);
  else if (URL_TEXT.test(context)) lock?.url(context, false);
}

/** An epoch that was asked for and silently left out would make an image that differs from day to day. */
function noTime(what: string): SlipwayError {
  return new SlipwayError("USAGE", `SOURCE_DATE_EPOCH: the time of ${what} cannot be told`, {
    hint: "give whole seconds since 1970, or the name of a git or http context",
  });
}
