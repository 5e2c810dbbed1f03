import { chompHeredoc } from "../dockerfile/heredoc.ts";
import type { CopyInstruction } from "../dockerfile/instructions.ts";
import { stepBase, withStep } from "./add-step.ts";
import { checkChmod } from "./chmod.ts";
import {
  checkChecksum,
  checkCopySources,
  checkGitSources,
  checkUrls,
  classifySource,
} from "./copy-sources.ts";
import { expandAllIn, expandBodyIn, expandIn } from "./expansion.ts";
import type { CopyStep, InputSource } from "./graph.ts";
import { checkHeredocName } from "./heredoc-name.ts";
import { copyText } from "./history-text.ts";
import { warnOfIgnored } from "./ignored-sources.ts";
import { invalidStage } from "./located.ts";
import { isWrittenAsDirectory, resolveIn } from "./paths.ts";
import { type Call, currentDirectory, historyItem, type StageState } from "./stage-state.ts";
import { nextStepName } from "./step-name.ts";

/** COPY and ADD: what is written is expanded and judged; paths are looked at when the step runs (SPEC CP-01, CP-02, AD-07). */
export function interpretCopy(state: StageState, call: Call<CopyInstruction>): StageState {
  const { instruction } = call;
  const args = expandArguments(state, call);
  if (instruction.kind === "COPY") checkCopySources(args.sources);
  if (args.chmod) checkChmod(args.chmod);
  if (args.checksum)
    checkChecksum(args.checksum, [...args.sources, ...instruction.heredocs.map(({ name }) => name)]);
  if (instruction.kind === "ADD") checkUrls(args.sources);
  if (instruction.kind === "ADD") checkGitSources(args.sources, gitFlags(instruction, args.checksum));
  const heredocs = instruction.heredocs.map(({ name, content, chomp, expand }) => {
    checkHeredocName(name);
    const body = chomp ? chompHeredoc(content) : content;
    return { name, content: expand ? expandBodyIn(state, call, body).toWellFormed() : body };
  });
  warnOfIgnored(args.sources, call);
  const text = copyText({
    instruction: instruction.kind,
    parents: instruction.parents,
    ...args,
    heredocs: heredocs.map(({ name }) => name),
  });
  const step: CopyStep = {
    ...stepBase(state, call, nextStepName(state, call)),
    kind: "copy",
    instruction: instruction.kind,
    history: historyItem(text, false),
    from: copySource(call, args.sources),
    sources: args.sources,
    heredocs,
    destination: resolveIn(currentDirectory(state), args.destination),
    destinationIsDirectory: isWrittenAsDirectory(args.destination),
    ...options(instruction, args),
    platform: call.stage.platform,
  };
  return withStep(state, step);
}

interface Arguments {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly chown: string;
  readonly chmod: string;
  readonly checksum: string;
}

function expandArguments(state: StageState, call: Call<CopyInstruction>): Arguments {
  const { sources, destination, chown, chmod, checksum } = call.instruction;
  const flag = (text: string | undefined) => (text ? expandIn(state, call, text) : "");
  return {
    chown: flag(chown),
    chmod: flag(chmod),
    checksum: flag(checksum),
    sources: expandAllIn(state, call, sources),
    destination: expandIn(state, call, destination),
  };
}

function gitFlags({ keepGitDir }: CopyInstruction, checksum: string) {
  return { ...(keepGitDir === undefined ? {} : { keepGitDir }), ...(checksum ? { checksum } : {}) };
}

type CopyOptions = Pick<
  CopyStep,
  "chown" | "chmod" | "link" | "parents" | "excludes" | "checksum" | "keepGitDir" | "unpack"
>;

function options(instruction: CopyInstruction, { chown, chmod, checksum }: Arguments): CopyOptions {
  const { link, parents, excludes, keepGitDir, unpack } = instruction;
  return {
    ...(chown ? { chown } : {}),
    ...(chmod ? { chmod } : {}),
    link,
    parents,
    excludes,
    ...(checksum ? { checksum } : {}),
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(unpack === undefined ? {} : { unpack }),
  };
}

/** What `--from` names, else the build context; nothing at all where no source is a path. */
function copySource(call: Call<CopyInstruction>, sources: readonly string[]): InputSource {
  const { from } = call.instruction;
  const [ref] = call.sources;
  if (from && ref) {
    if (ref.usable) return ref.input;
    throw invalidStage(
      `cannot copy from stage "${from}", it needs to be defined before current stage "${call.stage.label}"`,
      "move that stage above this one",
    );
  }
  return { kind: sources.some((source) => classifySource(source) === "path") ? "context" : "scratch" };
}
