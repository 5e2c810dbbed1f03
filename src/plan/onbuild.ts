import type { SourceRange } from "../core/source-range.ts";
import { parseOnbuildTrigger } from "../dockerfile/onbuild-trigger.ts";
import type { StageBase } from "./bases.ts";
import { linkInstructions } from "./link.ts";
import type { StageEntry, StageTable } from "./stage-table.ts";

/** The triggers that a base brings: those stored in an image, or written in the stage below (SPEC OB-03, OB-04). */
export function triggersOf(
  table: StageTable,
  entry: StageEntry,
  base: StageBase | undefined,
): readonly string[] {
  if (entry.parent === undefined)
    return base?.base.kind === "image" ? (base.base.image.config.config.OnBuild ?? []) : [];
  return table
    .at(entry.parent)
    .instructions.flatMap(({ instruction }) => (instruction.kind === "ONBUILD" ? [instruction.trigger] : []));
}

/** Puts triggers before the stage's own instructions, located at its FROM; sources that they name are linked (SPEC OB-05, OB-06). */
export function fireTriggers(
  table: StageTable,
  entry: StageEntry,
  triggers: readonly string[],
  at: SourceRange,
): void {
  const fired = triggers.map((text) => ({
    instruction: parseOnbuildTrigger(text, at),
    fromTrigger: true,
    sources: [],
  }));
  table.setInstructions(entry.index, [...linkInstructions(table, fired), ...entry.instructions]);
}
