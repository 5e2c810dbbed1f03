import { dirname } from "node:path";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { encodeName } from "../core/file-name.ts";
import type { SourceRange } from "../core/source-range.ts";
import { unifiedDiff } from "../diff/unified.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import type { LockEntries } from "../lock/lock-entries.ts";
import { applyEdits } from "../rewrite/text-edits.ts";
import { type OpenDockerfile, openAuditedDockerfile } from "./audited-dockerfile.ts";
import { proposeFixes } from "./dockerfile-fixes.ts";
import type { Environment } from "./environment.ts";
import { lockSources } from "./lock-sources.ts";
import { replaceFile } from "./replace-file.ts";
import { storedConfigs } from "./stored-configs.ts";
import { temporaryFiles } from "./user-namespace.ts";

export interface FixOptions {
  /** A file, or a folder with a `Dockerfile`. */
  readonly dockerfile: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Write nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** Something that a fix is known for. */
export interface FixPlace {
  readonly rule: string;
  readonly source: SourceRange;
}

export interface FixResult {
  /** The Dockerfile, as messages call it. */
  readonly file: string;
  readonly fixed: readonly FixPlace[];
  /** What is left to people, and why. */
  readonly left: readonly (FixPlace & { readonly reason: string })[];
  /** As `diff -u` has it; empty where there is nothing to mend. */
  readonly diff: string;
  /** Why registries and servers could not tell what sources are now. */
  readonly problem?: SlipwayError;
}

/**
 * Rewrites a Dockerfile where that is safe: digests for bases, checksums for downloads, lists for command lines, and apt's lists removed. Everything else stays
 * byte for byte, and a second run changes nothing. Throws what reading and parsing it throws, `OUTPUT_INVALID`, `SOURCE_CHANGED`.
 */
export async function fixDockerfile(options: FixOptions, environment: Environment): Promise<FixResult> {
  const { cwd } = environment;
  const baseConfigs = (names: readonly string[]) => storedConfigs(names, environment);
  const open = await openAuditedDockerfile({ ...options, cwd, baseConfigs });
  const { file, subject } = open;
  const asked = await currentSources(open, options, environment);
  const current = asked instanceof SlipwayError ? undefined : asked;
  const fixes = proposeFixes(open, current);
  const { text } = subject.dockerfile;
  const next = applyEdits(
    text,
    fixes.flatMap(({ fix }) => ("edit" in fix ? [fix.edit] : [])),
  );
  requireSame(subject.dockerfile, next);
  const mark = file.bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : Buffer.alloc(0);
  const after = Buffer.concat([mark, encodeName(next)]);
  if (next !== text && !options.dryRun)
    replaceFile({ path: file.path, name: file.name, before: file.bytes, after });
  return {
    file: file.name,
    fixed: fixes.filter(({ fix }) => "edit" in fix).map(({ rule, source }) => ({ rule, source })),
    left: fixes.flatMap(({ rule, source, fix }) =>
      "reason" in fix ? [{ rule, source, reason: fix.reason }] : [],
    ),
    diff: unifiedDiff({ beforeName: file.name, afterName: file.name, before: text, after: next }),
    ...(asked instanceof SlipwayError ? { problem: asked } : {}),
  };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING: LockEntries = { images: {}, urls: {}, git: {} };

/** What the sources are now, as a lock would say it; the error where that cannot be found out. */
async function currentSources(
  { file, sourceFindings }: OpenDockerfile,
  { buildArgs, signal }: FixOptions,
  environment: Environment,
): Promise<LockEntries | SlipwayError> {
  if (sourceFindings.length === 0) return NOTHING;
  const temp = temporaryFiles(environment.home);
  const lockFile = temp.file("lock");
  try {
    const { entries } = await lockSources(
      {
        context: dirname(file.path),
        file: file.path,
        lockFile,
        ...(buildArgs ? { buildArgs } : {}),
        ...(signal ? { signal } : {}),
      },
      environment,
    );
    return entries;
  } catch (error) {
    if (!isSlipwayError(error) || isSlipwayError(error, "CANCELLED", "INTERNAL")) throw error;
    return error;
  } finally {
    await temp.remove(lockFile);
    temp.close();
  }
}

/** A rewritten file has to hold the same instructions; whatever else came of it would be a defect here, and must not be written. */
function requireSame(before: ParsedDockerfile, text: string): void {
  const outline = ({ stages }: ParsedDockerfile) =>
    stages.map(({ from, instructions }) => [from.stageName, ...instructions.map(({ kind }) => kind)]);
  const after = parseDockerfile(text, before.file, { check: "" });
  if (JSON.stringify(outline(after)) !== JSON.stringify(outline(before)))
    throw new SlipwayError("INTERNAL", `mending ${before.file} would have changed its instructions`);
}
