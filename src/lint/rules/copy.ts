import type { RunInstruction } from "../../dockerfile/instructions.ts";
import type { ContextFiles } from "../context-files.ts";
import { type ContextCopy, contextCopies, contextPath, isFolder, isRemote } from "../copied-files.ts";
import { dependencyInstall } from "../packages/dependency-install.ts";
import type { Judge, Say } from "../rule.ts";
import type { StageView, Step } from "../stage-view.ts";

const ARCHIVE = /\.(?:tar|tar\.\w+|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lzma|Z)$/i;
/** Where a tar archive says that it is one. */
const TAR_MAGIC_AT = 257;
const COMPRESSED = /^(?:\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd)/;

/** AddForCopy, CopyBeforeInstall. */
export const judgeCopy: Judge = ({ stages, context }, say) => {
  const installed = new Map<StageView, ReadonlySet<string>>();
  for (const stage of stages) {
    for (const step of stage.steps) judgeAdd(step, context, say);
    judgeOrder(stage, installed, say);
  }
};

/** Nothing in it is fetched or unpacked: COPY does the same. */
function judgeAdd({ written, sources, isTrigger }: Step, context: ContextFiles | undefined, say: Say): void {
  if (written.kind !== "ADD" || isTrigger) return;
  const { checksum, keepGitDir, unpack } = written;
  if (checksum !== undefined || keepGitDir !== undefined || unpack !== undefined) return;
  if (sources.every((source) => source !== undefined && isPlain(source, context)))
    say("AddForCopy", "ADD fetches and unpacks nothing here", written);
}

function isPlain(source: string, context: ContextFiles | undefined): boolean {
  if (isRemote(source) || ARCHIVE.test(source)) return false;
  const path = contextPath(source);
  // A pattern may match archives.
  if (path === undefined) return /\.\w+$/.test(source) && !/[*?[\]\\]$/.test(source);
  if (isFolder(path, context)) return !/\*$/.test(source);
  const head = context?.head(path);
  return head === undefined || !(COMPRESSED.test(head) || head.startsWith("ustar", TAR_MAGIC_AT));
}

/**
 * A whole folder is copied ahead of a step that installs what a list of dependencies says, so that each change of any file installs
 * everything again. Not said where the list was copied and used before, and where a cache is mounted.
 */
function judgeOrder(stage: StageView, known: Map<StageView, ReadonlySet<string>>, say: Say): void {
  const installed = new Set(stage.parent && known.get(stage.parent));
  known.set(stage, installed);
  const copies = new Map(contextCopies(stage).map((found) => [found.step, found]));
  let broad: ContextCopy | undefined;
  for (const step of stage.steps) {
    const copy = copies.get(step);
    if (copy && isBroad(copy)) broad ??= copy;
    for (const manager of installs(step)) {
      if (broad && !installed.has(manager))
        say(
          "CopyBeforeInstall",
          `A change of any file makes the ${manager} of line ${step.written.source.start} install everything again`,
          broad.copy,
        );
      installed.add(manager);
    }
  }
}

function isBroad({ step }: ContextCopy): boolean {
  return step.sources.some((source) => contextPath(source) === "");
}

/** Managers whose lists of dependencies a RUN installs. */
function installs({ written, commands }: Step): readonly string[] {
  if (written.kind !== "RUN" || hasCache(written)) return [];
  return commands.flatMap((command) => dependencyInstall(command) ?? []);
}

function hasCache({ mounts }: RunInstruction): boolean {
  return mounts.some(({ text }) => /(?:^|,)type=cache(?:,|$)/.test(text));
}
