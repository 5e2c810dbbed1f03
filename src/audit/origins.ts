import type { SourceRange } from "../core/source-range.ts";
import type { Instruction, ParsedDockerfile, ParsedStage } from "../dockerfile/instructions.ts";
import type { ImageConfig } from "../image/config.ts";
import { HARDENED, pairHistory } from "../image/history.ts";
import type { Origin } from "./finding.ts";
import { withoutSecrets } from "./secret-text.ts";

/** One entry of the history, with the layer that it made, or an instruction that is to become one. */
export interface Step {
  readonly text: string;
  /** What it is called; default: `step N`, by its place in the history. */
  readonly place?: string;
  readonly origin: Origin;
}

/** The history of an image, oldest first; entries that a Dockerfile made have its lines. */
export function stepsOf(
  config: ImageConfig,
  sources: readonly (SourceRange | undefined)[] = [],
): readonly Step[] {
  return pairHistory(config).map(({ item, layer, diffId }, i) => {
    const text = item?.created_by ?? "";
    const instruction = withoutSecrets(instructionText(text));
    const source = sources[i];
    return {
      text,
      origin: {
        ...(layer === undefined ? {} : { layer }),
        ...(diffId ? { diffId } : {}),
        ...(instruction === "" ? {} : { instruction }),
        ...(source ? { source } : {}),
      },
    };
  });
}

/** The last step of the history that is this instruction. */
export function lastStep(steps: readonly Step[], keyword: string): Origin {
  return steps.findLast(({ text }) => keywordOf(text) === keyword)?.origin ?? {};
}

/** A history's text without what builders put around the instruction. */
export function instructionText(text: string): string {
  return text
    .replace(/^\/bin\/sh -c #\(nop\) +/, "")
    .replace(/ # buildkit$/, "")
    .replace(/^\/bin\/sh -c /, "RUN ")
    .replace(/^RUN \|\d+ (?:[^\s=]+=(?:\S*) )*(?=\/)/, "RUN ")
    .replace(/^RUN \/bin\/sh -c /, "RUN ");
}

export function keywordOf(text: string): string {
  return /^[A-Z]+\b/.exec(instructionText(text))?.[0] ?? "";
}

/**
 * The lines of a Dockerfile for each entry of an image's history, or undefined where the image was not made of it: its last entries have to be the
 * instructions of the stage and of those below it.
 */
export function alignHistory(
  config: ImageConfig,
  dockerfile: ParsedDockerfile,
  target?: string,
): readonly (SourceRange | undefined)[] | undefined {
  const sources: (SourceRange | undefined)[] = config.history.map(() => undefined);
  const instructions = stageChain(dockerfile, target).flatMap((stage) => stage.instructions);
  const hardened = config.history.at(-1)?.comment === HARDENED ? 1 : 0;
  const first = config.history.length - hardened - instructions.length;
  if (instructions.length === 0 || first < 0) return undefined;
  for (const [i, instruction] of instructions.entries()) {
    if (!fits(config.history[first + i]!.created_by ?? "", instruction)) return undefined;
    sources[first + i] = instruction.source;
  }
  return sources;
}

/** The target stage (the last where none is named) and those that it is based on, the lowest first. */
export function stageChain({ stages }: ParsedDockerfile, target?: string): readonly ParsedStage[] {
  const wanted = target?.toLowerCase();
  const top =
    wanted === undefined
      ? stages.length - 1
      : stages.findIndex((stage, i) => stage.from.stageName === wanted || String(i) === wanted);
  const chain: ParsedStage[] = [];
  for (let at = top; at >= 0; ) {
    const stage = stages[at]!;
    chain.unshift(stage);
    const base = stage.from.image.toLowerCase();
    at = stages.slice(0, at).findLastIndex(({ from }) => from.stageName === base);
  }
  return chain;
}

/** Expansion changes words, and heredocs move: the keyword, and the whole of a plain command, have to be the same. */
function fits(text: string, instruction: Instruction): boolean {
  if (keywordOf(text) !== instruction.kind) return false;
  if (instruction.kind !== "RUN" || instruction.command.form !== "shell" || instruction.heredocs.length > 0)
    return true;
  return text.includes(instruction.command.command.trim());
}
