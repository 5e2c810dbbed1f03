import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AuditedDockerfile, RemoteSource } from "../audit/dockerfile/audited-dockerfile.ts";
import { copiedImageFindings } from "../audit/dockerfile/copied-images.ts";
import { remoteSourceFindings } from "../audit/dockerfile/remote-sources.ts";
import { type Finding, finding } from "../audit/finding.ts";
import { withoutSecrets } from "../audit/secret-text.ts";
import { findLock, lockName } from "../context/find-lock.ts";
import { parseGitUrl, withGitFlags } from "../context/git-url.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import type { ContainerConfig } from "../image/config.ts";
import { parseReference } from "../image/reference.ts";
import { ADVICE } from "../lint/catalogue.ts";
import { readStages } from "../lint/read-stages.ts";
import { judgeBases } from "../lint/rules/bases.ts";
import type { StageView } from "../lint/stage-view.ts";
import { NO_ENTRIES } from "../lock/lock-entries.ts";
import { LARGEST_LOCK, parseLock } from "../lock/parse-lock.ts";
import { SourceLock } from "../lock/source-lock.ts";

/** A Dockerfile under audit. */
export interface DockerfileRequest {
  /** A file, or a folder with a `Dockerfile`; from `cwd`. */
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  readonly cwd: string;
  /** Configurations of bases, by name, as far as they are known. Default: none is. */
  readonly baseConfigs?: (names: readonly string[]) => Promise<ReadonlyMap<string, ContainerConfig>>;
}

export interface DockerfileFile {
  /** For messages. */
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Throws `DOCKERFILE_NOT_FOUND`. */
export function readDockerfileFile(written: string, cwd: string): DockerfileFile {
  const at = resolve(cwd, written);
  const isFolder = statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const [name, path] = isFolder ? [join(written, "Dockerfile"), join(at, "Dockerfile")] : [written, at];
  try {
    return { name, path, bytes: readFileSync(path) };
  } catch (cause) {
    const why = systemErrorCode(cause) === "ENOENT" ? "there is no such file" : (cause as Error).message;
    throw new SlipwayError("DOCKERFILE_NOT_FOUND", `cannot read ${name}: ${why}`, { cause });
  }
}

/** A Dockerfile that was read, its stages and its lock. */
export interface OpenDockerfile {
  readonly file: DockerfileFile;
  readonly subject: AuditedDockerfile;
  /** Those of the subject, as the rules of `lint` look at them. */
  readonly stages: readonly StageView[];
  /** What an image does not tell of its Dockerfile: bases and downloads that are not pinned. */
  readonly sourceFindings: readonly Finding[];
}

/**
 * Reads a Dockerfile, and the lock beside it. No registry is asked. Throws `DOCKERFILE_*`, `INSTRUCTION_INVALID` and the like where it cannot be parsed,
 * `LOCK_INVALID`, `STAGE_INVALID` where there is no such target.
 */
export async function openAuditedDockerfile(asked: DockerfileRequest): Promise<OpenDockerfile> {
  const { target, buildArgs = {}, cwd, baseConfigs } = asked;
  const file = readDockerfileFile(asked.dockerfile, cwd);
  const dockerfile = parseDockerfile(file.bytes, file.name, { check: "" });
  const request = { dockerfile, target, buildArgs: new Map(Object.entries(buildArgs)) };
  const views = readStages({ ...request, baseConfig: () => undefined });
  if (target !== undefined && !hasStage(views, target))
    throw new SlipwayError("STAGE_INVALID", `${file.name} has no stage ${target}`);
  const names = views.flatMap(({ base, parent }) => (base === undefined || parent ? [] : [base]));
  const configs = (await baseConfigs?.(names)) ?? new Map<string, ContainerConfig>();
  const stages = readStages({ ...request, baseConfig: (stage) => configs.get(views[stage]!.base ?? "") });
  const entries = await lockedEntries(file);
  const isPinned = (source: RemoteSource) => isKnown(entries, (lock) => pinnedSource(lock, source));
  const subject: AuditedDockerfile = { dockerfile, stages, isPinned };
  const isLocked = (image: string) => isKnown(entries, (lock) => lock.image(parseReference(image)));
  const bases = baseFindings({ dockerfile, stages, replaced: () => false, locked: isLocked });
  const copied = [...copiedImageFindings(subject), ...remoteSourceFindings(subject)];
  return { file, subject, stages, sourceFindings: [...bases, ...copied] };
}

function hasStage(views: readonly StageView[], target: string): boolean {
  const wanted = target.toLowerCase();
  return views.some(({ parsed, index }) => parsed.from.stageName === wanted || String(index) === wanted);
}

async function lockedEntries({ path, name }: DockerfileFile) {
  const found = await findLock({ path: lockName(path), name: lockName(name), limit: LARGEST_LOCK });
  return found ? parseLock(found.text, found.name) : NO_ENTRIES;
}

/** Whether lock or text say what it is; the lock asks back only where neither does. */
function isKnown(entries: SourceLock["entries"], ask: (lock: SourceLock) => unknown): boolean {
  let isUnknown = false;
  const lock = new SourceLock("", entries, () => {
    isUnknown = true;
  });
  ask(lock);
  return !isUnknown;
}

function pinnedSource(lock: SourceLock, { kind, text, checksum }: RemoteSource): unknown {
  if (kind === "image") return lock.image(parseReference(text));
  const git = kind === "git" ? parseGitUrl(text) : undefined;
  if (!git) return lock.url(text, checksum !== undefined);
  return lock.git(withGitFlags(git, checksum === undefined ? {} : { checksum }));
}

/** LatestBase and UnpinnedBase are rules of `lint`; `# check=skip` does not silence an audit, which has its policy. */
function baseFindings(subject: Parameters<typeof judgeBases>[0]): readonly Finding[] {
  const found: Finding[] = [];
  judgeBases(subject, (rule, message, { source }) => {
    if (rule !== "LatestBase" && rule !== "UnpinnedBase") return;
    const stage = subject.stages.find(({ parsed }) => parsed.from.source === source)!;
    const instruction = withoutSecrets(stage.parsed.from.text);
    found.push(
      finding(rule, {
        subject: stage.base!,
        message,
        fix: `${ADVICE[rule].fix}; or run slipway lock`,
        origin: { instruction, source },
      }),
    );
  });
  return found;
}
