import { resolve } from "node:path";
import { findLock, lockName } from "../context/find-lock.ts";
import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { parseReference } from "../image/reference.ts";
import { secretArguments } from "../leak/known-secret.ts";
import { diffLocks } from "../lock/lock-diff.ts";
import { encodeLock, LOCK_SECTIONS, type LockEntries, NO_ENTRIES } from "../lock/lock-entries.ts";
import { LARGEST_LOCK, parseLock } from "../lock/parse-lock.ts";
import { SourceLock } from "../lock/source-lock.ts";
import { AS_IT_IS, type ConcealName, concealing, imageName } from "../lock/source-names.ts";
import type { BuildPlan } from "../plan/graph.ts";
import { planBuild } from "../plan/plan-build.ts";
import type { BuildOptions } from "./build-options.ts";
import { type DockerfileSession, withDockerfile } from "./dockerfile-session.ts";
import type { Environment } from "./environment.ts";
import { StoreImageResolver } from "./image-resolver.ts";
import { loadLayoutContext } from "./layout-context.ts";
import { LockCollector } from "./lock-collector.ts";
import { argumentChoices, type LockOptions, type LockResult } from "./lock-options.ts";
import { parseOptions, planOptions, requestedPlatforms } from "./plan-options.ts";
import { contextSource, remoteSources } from "./planned-sources.ts";
import { withStreamedSecrets } from "./secrets.ts";
import { writeLock } from "./write-lock.ts";

/**
 * Writes the lock of a Dockerfile: what every image, URL and repository that its builds use stands for now. Entries that are there
 * stay, unless they are to be updated or nothing uses them. Values of secret build arguments get into no name and no message. Sources are found as `build` finds them; nothing is executed.
 * Throws what planning a build throws, what fetching its sources throws, `LOCK_INVALID`, `LOCK_INCOMPLETE` (`verify` without a
 * lock), `USAGE`.
 */
export async function lockSources(options: LockOptions, environment: Environment): Promise<LockResult> {
  const choices = argumentChoices(options.buildArgs);
  const known = choices.flatMap(secretArguments);
  if (known.length === 0) return lockChoices({ options, choices, conceal: AS_IT_IS }, environment);
  const { BuildSecrets } = await import("./build-secrets.ts");
  const secrets = new BuildSecrets(known, []);
  const { onWarning } = options;
  const quiet = onWarning
    ? { ...options, onWarning: (message: string) => onWarning(secrets.redacted(message)) }
    : options;
  return lockChoices({ options: quiet, choices, conceal: concealing(known) }, environment).catch((error) => {
    throw secrets.error(error);
  });
}

interface LockRequest extends Pick<Collection, "options" | "choices"> {
  readonly conceal: ConcealName;
}

async function lockChoices(
  { options, choices, conceal }: LockRequest,
  environment: Environment,
): Promise<LockResult> {
  let kept: SourceLock | undefined;
  const named = options.lockFile === undefined ? undefined : namedPlace(options.lockFile, environment.cwd);
  const now = named && (await currentEntries(named, options));
  if (named && now) kept = keptLock(named.name, now, { options, conceal });
  const asked = { ...buildOptions(options, choices[0]!), ...(await readPipes(options, environment)) };
  return withDockerfile(
    asked,
    environment,
    async (session) => {
      const place = named ?? (await placeBeside(session));
      const before = now ?? (await currentEntries(place, options));
      kept ??= keptLock(place.name, before, { options, conceal });
      const next = await collect({ session, options, choices, kept, before });
      const changes = diffLocks(before, next);
      if (!options.verify) writeLock(place.path, place.name, encodeLock(next));
      return { file: place.name, entries: next, changes };
    },
    // A context from elsewhere is fetched before its Dockerfile can tell where the lock is.
    { lock: async () => kept },
  );
}

/** What a pipe holds can be had only once, and several sources may want it. */
async function readPipes({ secrets, signal }: LockOptions, environment: Environment) {
  return secrets ? { secrets: await withStreamedSecrets(secrets, environment, signal) } : {};
}

interface LockPath {
  readonly path: string;
  /** For messages. */
  readonly name: string;
}

function namedPlace(file: string, cwd: string): LockPath {
  return { path: resolve(cwd, file), name: file };
}

async function placeBeside({ contexts }: DockerfileSession): Promise<LockPath> {
  const { path, name } = await contexts.dockerfile();
  if (path !== undefined && contexts.isLocal) return { path: lockName(path), name: lockName(name) };
  throw new SlipwayError(
    "USAGE",
    "a lock cannot be written beside a Dockerfile that is not on this machine",
    {
      hint: "say where it is to be with --lock-file, and give that to build, too",
    },
  );
}

/** What the lock says now; nothing, where it is still to be written. */
async function currentEntries({ path, name }: LockPath, { verify }: LockOptions): Promise<LockEntries> {
  const found = await findLock({ path, name, limit: LARGEST_LOCK + 1 });
  if (found) return parseLock(found.text, found.name);
  if (!verify) return NO_ENTRIES;
  throw new SlipwayError("LOCK_INCOMPLETE", `there is no lock ${name} to verify`, {
    hint: "write it with slipway lock",
  });
}

/** The entries that are not asked for anew, as a lock that nobody has to be told of. */
function keptLock(
  file: string,
  entries: LockEntries,
  { options, conceal }: Pick<LockRequest, "options" | "conceal">,
): SourceLock {
  return new SourceLock(file, keptEntries(entries, options), () => {}, conceal);
}

function keptEntries(entries: LockEntries, { update = false, verify, offline }: LockOptions): LockEntries {
  if (verify) return offline ? entries : NO_ENTRIES;
  if (typeof update === "boolean") return update ? NO_ENTRIES : entries;
  const matchers = update.map((name) => matcherOf(name, entries));
  return Object.fromEntries(
    LOCK_SECTIONS.map((section) => [
      section,
      Object.fromEntries(
        Object.entries(entries[section]).filter(([name]) => !matchers.some((matches) => matches(name))),
      ),
    ]),
  ) as unknown as LockEntries;
}

/** Which entries a name means: that very one, an image in short form, or all tags or refs of an image or a repository. Throws `USAGE`. */
function matcherOf(wanted: string, entries: LockEntries): (name: string) => boolean {
  const names = LOCK_SECTIONS.flatMap((section) => Object.keys(entries[section]));
  const full = fullImageName(wanted);
  const exact = (name: string) => name === wanted || name === full;
  if (names.some(exact)) return exact;
  const repository = fullImageName(wanted, false);
  const trunk = (name: string) =>
    name.startsWith(`${wanted}#`) ||
    (repository !== undefined && (name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`)));
  if (names.some(trunk)) return trunk;
  const near = suggest(wanted, names, 5);
  throw new SlipwayError("USAGE", `the lock has no ${wanted} to update`, {
    hint: near ? `did you mean ${near}?` : names.length > 0 ? `it has ${names.join(", ")}` : "it is empty",
  });
}

function fullImageName(text: string, addLatest = true): string | undefined {
  try {
    return imageName(parseReference(text, { addLatest }));
  } catch {
    return undefined;
  }
}

interface Collection {
  readonly session: DockerfileSession;
  readonly options: LockOptions;
  readonly choices: readonly Readonly<Record<string, string>>[];
  readonly kept: SourceLock;
  readonly before: LockEntries;
}

/** Plans every build that the options stand for, and gathers what these use. */
async function collect({ session, options, choices, kept, before }: Collection): Promise<LockEntries> {
  const { content, signal, source, contexts } = session;
  const lock = async () => kept;
  const images = new StoreImageResolver({
    session: session.session,
    content,
    pull: "unless-own",
    lock,
    tags: false,
    loadLayout: (specifier) => loadLayoutContext(session.session, specifier),
    onProgress: () => {},
    signal,
  });
  const { onWarning: warn = () => {}, verify: isTrial = false } = options;
  const collector = new LockCollector({ session, images, kept, before, isTrial, warn });
  const dockerfile = parseDockerfile(source.bytes, source.name, parseOptions(session.options));
  const { cwd } = session.session.environment;
  const { buildContexts } = session.options;
  const names = dockerfile.stages.slice(0, -1).map(({ from }) => from.stageName);
  const targets = options.targets?.length ? options.targets : [...names.filter(Boolean), undefined];
  for (const buildArgs of choices)
    for (const view of requestedPlatforms(session.options))
      for (const target of targets) {
        const own = {
          ...session,
          options: { ...buildOptions(options, buildArgs), ...(target ? { target } : {}) },
        };
        const plan: BuildPlan = await planBuild({
          ...planOptions(
            { ...own, dockerfile, warn: () => {} },
            { ...view, lint: false, resolver: collector, signal },
          ),
          allow: ["network.host", "security.insecure", "device"],
        });
        await collector.add(remoteSources(plan, { cwd, buildContexts }));
      }
  if (!contexts.isLocal) await collector.add(contextSource(options.context, cwd));
  if (/^https?:\/\//i.test(options.file ?? "")) await collector.add([{ kind: "url", url: options.file! }]);
  return collector.entries();
}

/** The options of one of the builds. */
function buildOptions(options: LockOptions, buildArgs: Readonly<Record<string, string>>): BuildOptions {
  const {
    buildArgs: _,
    targets: __,
    update: ___,
    verify: ____,
    onWarning,
    lockFile: _____,
    ...shared
  } = options;
  return {
    ...shared,
    buildArgs,
    onEvent: (event) => event.type === "warning" && onWarning?.(event.message),
  };
}
