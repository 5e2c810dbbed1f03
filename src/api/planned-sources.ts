import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type GitSource, parseGitUrl, withGitFlags } from "../context/git-url.ts";
import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { SourceLock } from "../lock/source-lock.ts";
import { classifySource } from "../plan/copy-sources.ts";
import type { BuildPlan, CopyStep, InputSource, StagePlan } from "../plan/graph.ts";
import { localPart } from "./check-contexts.ts";

/** Something that a build takes from a server or a repository; images are not among it, planning asks for those. */
export type RemoteSource =
  | { readonly kind: "git"; readonly source: GitSource; readonly isAdded: boolean; readonly at?: SourceRange }
  | { readonly kind: "url"; readonly url: string; readonly checksum?: string; readonly at?: SourceRange };

export interface ContextPlaces {
  readonly cwd: string;
  readonly buildContexts?: Readonly<Record<string, string>> | undefined;
}

/** What the steps of a plan take from URLs and repositories: with ADD, and from named contexts. */
export function remoteSources(plan: BuildPlan, places: ContextPlaces): readonly RemoteSource[] {
  return plan.stages.flatMap((stage) => [
    ...stage.steps.flatMap((step) => (step.kind === "copy" ? addedSources(step) : [])),
    ...inputsOf(stage).flatMap(({ input, at }) =>
      input.kind === "named-context"
        ? contextSource(places.buildContexts?.[input.name] ?? "", places.cwd).map((one) => ({ ...one, at }))
        : [],
    ),
  ]);
}

/** What a context is, where it is none of this machine's folders: at most one source. */
export function contextSource(specifier: string, cwd: string): readonly RemoteSource[] {
  const text = localPart(specifier);
  if (statSync(resolve(cwd, text), { throwIfNoEntry: false })?.isDirectory()) return [];
  const git = parseGitUrl(text, { context: true });
  if (git) return [{ kind: "git", source: git, isAdded: false }];
  return /^https?:\/\//i.test(text) ? [{ kind: "url", url: text }] : [];
}

/** Throws `LOCK_INCOMPLETE` for the first source that the lock has to have and has not, at its line. */
export function requireLocked(sources: readonly RemoteSource[], lock: SourceLock): void {
  for (const one of sources) {
    try {
      if (one.kind === "git") lock.git(one.source);
      else lock.url(one.url, one.checksum !== undefined);
    } catch (error) {
      throw error instanceof SlipwayError && one.at ? error.at(one.at) : error;
    }
  }
}

function addedSources(step: CopyStep): readonly RemoteSource[] {
  if (step.instruction !== "ADD") return [];
  const { keepGitDir, checksum, source: at } = step;
  return step.sources.flatMap((text): readonly RemoteSource[] => {
    const kind = classifySource(text);
    if (kind === "path") return [];
    const promised = checksum === undefined ? {} : { checksum };
    if (kind === "url") return [{ kind, url: text, ...promised, at }];
    const flags = { ...promised, ...(keepGitDir === undefined ? {} : { keepGitDir }) };
    return [{ kind, source: withGitFlags(parseGitUrl(text)!, flags), isAdded: true, at }];
  });
}

function inputsOf(stage: StagePlan): readonly { readonly input: InputSource; readonly at: SourceRange }[] {
  const read = stage.steps.flatMap((step) => {
    const { source: at } = step;
    if (step.kind === "copy") return [{ input: step.from, at }];
    if (step.kind !== "run") return [];
    return step.mounts.flatMap((mount) =>
      mount.type === "bind" || mount.type === "cache" ? [{ input: mount.from, at }] : [],
    );
  });
  return [{ input: stage.base, at: stage.source }, ...read];
}
