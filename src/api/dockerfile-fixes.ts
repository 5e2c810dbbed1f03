import { predictImage } from "../audit/dockerfile/predicted-image.ts";
import type { Finding } from "../audit/finding.ts";
import { parseGitUrl } from "../context/git-url.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { CommandInstruction, CopyInstruction } from "../dockerfile/instructions.ts";
import { parseReference } from "../image/reference.ts";
import { removeLists } from "../lint/packages/apt-lists.ts";
import { judgeApt } from "../lint/rules/apt.ts";
import { lineage } from "../lint/stage-view.ts";
import type { LockEntries } from "../lock/lock-entries.ts";
import { gitName, imageName, urlName } from "../lock/source-names.ts";
import { classifySource } from "../plan/copy-sources.ts";
import { execForm } from "../rewrite/exec-form.ts";
import type { Fix } from "../rewrite/fix.ts";
import { addChecksum, pinBase, pinCopiedImage } from "../rewrite/pin-sources.ts";
import { isShell } from "../shell/script-commands.ts";
import type { OpenDockerfile } from "./audited-dockerfile.ts";

/** What a rule found in a Dockerfile, and how it can be mended, or why that is left to people. */
export interface ProposedFix {
  readonly rule: string;
  readonly source: SourceRange;
  readonly fix: Fix;
}

/** Every fix that is known for what is found in a Dockerfile. `current`: what its sources stand for now; undefined where that could not be asked. */
export function proposeFixes(open: OpenDockerfile, current: LockEntries | undefined): readonly ProposedFix[] {
  const sources = open.sourceFindings.map(({ rule, origin, subject }) => ({
    rule,
    source: origin.source!,
    fix: current
      ? sourceFix(open, { origin, subject }, current)
      : { reason: "what it is now could not be asked" },
  }));
  const found = [...sources, ...commandFixes(open), ...aptFixes(open)];
  return found.sort((a, b) => a.source.start - b.source.start);
}

type Place = Pick<Finding, "origin" | "subject">;

function sourceFix(
  { subject: { dockerfile, stages } }: OpenDockerfile,
  place: Place,
  current: LockEntries,
): Fix {
  const unknown = { reason: "what it is now is not known" };
  const { source } = place.origin;
  const stage = stages.find(({ parsed }) => parsed.from.source === source);
  const digestOf = (image: string) => current.images[imageName(parseReference(image))]?.digest;
  if (stage) {
    const digest = digestOf(stage.base!);
    return digest ? pinBase(dockerfile, stage.parsed.from, digest) : unknown;
  }
  const step = stages.flatMap(({ steps }) => steps).find(({ written }) => written.source === source);
  if (step?.written.kind === "RUN") return { reason: "a mount is no simple text" };
  if (step?.written.kind === "COPY") {
    const digest = digestOf(place.subject);
    return digest ? pinCopiedImage(dockerfile, step.written, digest) : unknown;
  }
  const [address] = step?.sources ?? [];
  const checksum = address === undefined ? undefined : checksumOf(address, current);
  return checksum === undefined
    ? unknown
    : addChecksum(dockerfile, step!.written as CopyInstruction, checksum);
}

function checksumOf(address: string, { urls, git }: LockEntries): string | undefined {
  if (classifySource(address) === "url") return urls[urlName(address)]?.checksum;
  const source = parseGitUrl(address);
  return source && git[gitName(source)]?.commit;
}

/**
 * Lists for the ENTRYPOINT and CMD that the target ends with, where nothing else changes: an ENTRYPOINT in shell form ignores CMD, and one that is a list would
 * not; a CMD is what an ENTRYPOINT, the base's too, is given.
 */
function commandFixes({ subject: { dockerfile }, stages }: OpenDockerfile): readonly ProposedFix[] {
  const target = stages.find(({ isTarget }) => isTarget);
  if (!target) return [];
  const written = [...lineage(target)].reverse().flatMap(({ steps }) => steps.map((step) => step.written));
  const last = (kind: string) =>
    written.findLast((one) => one.kind === kind) as CommandInstruction | undefined;
  const [entrypoint, cmd] = [last("ENTRYPOINT"), last("CMD")];
  const { config, isBaseKnown } = predictImage(target, dockerfile.escape);
  const mend = (
    rule: string,
    instruction: CommandInstruction,
    obstacle: string | undefined,
  ): ProposedFix => ({
    rule,
    source: instruction.source,
    fix: obstacle === undefined ? execForm(dockerfile, instruction) : { reason: obstacle },
  });
  const shell = isShell(config.Shell?.[0] ?? "/bin/sh") ? undefined : "SHELL is no shell that is known";
  if (entrypoint)
    return entrypoint.command.form === "shell"
      ? [
          mend(
            "ShellEntrypoint",
            entrypoint,
            shell ?? (cmd && "there is a CMD, which would be its arguments"),
          ),
        ]
      : [];
  // Nobody asked for it: where it cannot be done, there is nothing to say.
  const isSafe =
    cmd?.command.form === "shell" && isBaseKnown && !config.Entrypoint?.length && shell === undefined;
  return isSafe ? [mend("JSONArgsRecommended", cmd, undefined)].filter(({ fix }) => "edit" in fix) : [];
}

function aptFixes({ subject: { dockerfile }, stages }: OpenDockerfile): readonly ProposedFix[] {
  const found: ProposedFix[] = [];
  judgeApt({ dockerfile, stages, replaced: () => false }, (rule, _, { source }) => {
    if (rule !== "AptListsKept") return;
    const run = stages
      .flatMap(({ steps }) => steps)
      .find(({ written }) => written.source === source)?.written;
    if (run?.kind === "RUN") found.push({ rule, source, fix: removeLists(dockerfile, stages, run) });
  });
  return found;
}
