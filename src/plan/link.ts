import { SlipwayError } from "../core/errors.ts";
import { expandWord } from "../dockerfile/expand.ts";
import type { Instruction } from "../dockerfile/instructions.ts";
import { invalidInstruction, located } from "./located.ts";
import type { LinkedInstruction, StageTable } from "./stage-table.ts";

/** Finds what every `COPY --from` and mount `from` of the file names; done for stages that are never built, too (SPEC PO-05, PO-06). */
export function linkStages(table: StageTable): void {
  for (const stage of table.written)
    table.setInstructions(stage.index, linkInstructions(table, stage.instructions));
}

export function linkInstructions(table: StageTable, list: readonly LinkedInstruction[]): LinkedInstruction[] {
  return list.map((linked) => ({
    ...linked,
    sources: located(linked.instruction.source, () => sourcesOf(table, linked.instruction)),
  }));
}

function sourcesOf(table: StageTable, instruction: Instruction): readonly (number | undefined)[] {
  if (instruction.kind === "COPY")
    return instruction.from ? [copySource(table, instruction, instruction.from)] : [];
  if (instruction.kind !== "RUN") return [];
  return instruction.mounts.map(({ from }) =>
    from === undefined ? undefined : (table.find(from) ?? table.addImplicit(from, instruction)),
  );
}

/** A number, a stage's name in any case, or an image (SPEC CP-23). */
function copySource(table: StageTable, instruction: Instruction, from: string): number {
  if (hasVariable(from))
    throw invalidInstruction(
      "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
      `add \`FROM ${from} AS <name>\` with a global ARG and name that stage here`,
    );
  if (/^[+-]?\d+$/.test(from)) return table.at(Number(from)).index;
  return table.find(from) ?? table.addImplicit(from, instruction);
}

/** Expansion in an empty environment would change the text (SPEC EX-17). */
function hasVariable(text: string): boolean {
  try {
    return expandWord(text, () => undefined, { escape: "\\" }).value !== text;
  } catch (error) {
    if (error instanceof SlipwayError) return true;
    throw error;
  }
}
