import { SlipwayError } from "../core/errors.ts";
import { encodeName } from "../core/file-name.ts";
import { unifiedDiff } from "../diff/unified.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { giveAdvice } from "../lint/give-advice.ts";
import { proposeFixes } from "../lint/propose-fixes.ts";
import { applyEdits } from "../rewrite/text-edits.ts";
import type { BuildOptions } from "./build-options.ts";
import { checkHere } from "./check.ts";
import { withDockerfile } from "./dockerfile-session.ts";
import type { Environment } from "./environment.ts";
import type { FixResult } from "./fix-dockerfile.ts";
import { lintSubject } from "./lint.ts";
import { LintBases } from "./lint-bases.ts";
import { baseResolver, requestedPlatforms } from "./plan-options.ts";
import { replaceFile } from "./replace-file.ts";

export interface LintFixOptions extends BuildOptions {
  /** Write nothing. */
  readonly dryRun?: boolean;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Rewrites a Dockerfile where advice can be followed safely (docs/lint/README.md). Everything else stays byte for byte, and a second run
 * changes nothing. Rejects where `lint` does; with `USAGE` where the Dockerfile is no file of this machine, with the error of the check
 * where it cannot be read, `OUTPUT_INVALID`, `SOURCE_CHANGED`.
 */
export async function fixLint(options: LintFixOptions, environment: Environment): Promise<FixResult> {
  const { dryRun = false, ...asked } = options;
  const view = requestedPlatforms(asked)[0]!;
  return withDockerfile(asked, environment, async (session) => {
    const { path, name, bytes } = await session.contexts.dockerfile();
    if (path === undefined || !session.contexts.isLocal)
      throw new SlipwayError("USAGE", "--fix rewrites a Dockerfile of this machine, and this is none");
    const bases = new LintBases(baseResolver(session, session.signal));
    const { error } = await checkHere(session, view, bases);
    const subject = await lintSubject(session, bases);
    if (!subject) throw error!;
    const { text } = subject.dockerfile;
    const proposed = proposeFixes(subject, giveAdvice(subject));
    const edits = proposed.flatMap(({ fix }) => ("edit" in fix ? [fix.edit] : []));
    const next = applyEdits(text, edits);
    requireSame(subject.dockerfile, next);
    const before = Buffer.from(bytes);
    const mark = before.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : Buffer.alloc(0);
    if (next !== text && !dryRun)
      replaceFile({ path, name, before, after: Buffer.concat([mark, encodeName(next)]) });
    return {
      file: name,
      fixed: proposed.filter(({ fix }) => "edit" in fix).map(({ advice }) => advice),
      left: proposed.flatMap(({ advice, fix }) =>
        "reason" in fix ? [{ ...advice, reason: fix.reason }] : [],
      ),
      diff: unifiedDiff({ beforeName: name, afterName: name, before: text, after: next }),
    };
  });
}

/** A rewritten file has to hold the same instructions, but for ADD that has become COPY; whatever else came of it would be a defect here, and must not be written. */
function requireSame(before: ParsedDockerfile, text: string): void {
  const outline = ({ stages }: ParsedDockerfile) =>
    JSON.stringify(
      stages.map(({ from, instructions }) => [
        from.text,
        ...instructions.map(({ kind }) => (kind === "ADD" ? "COPY" : kind)),
      ]),
    );
  if (outline(parseDockerfile(text, before.file, { check: "" })) !== outline(before))
    throw new SlipwayError("INTERNAL", `mending ${before.file} would have changed its instructions`);
}
