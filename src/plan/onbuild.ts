import type { SourceRange } from "../core/source-range.ts";
import { parseOnbuildTrigger } from "../dockerfile/onbuild-trigger.ts";
import type { StageBase } from "./bases.ts";
import { linkInstructions } from "./link.ts";
import type { StageEntry, StageTable } from "./stage-table.ts";

/**
 * The triggers that a base brings: those stored in an image, or written in the stage below (SPEC OB-03, OB-04). A stage
 * below that a named context stands in for is that context's image.
 */
export function triggersOf(
  table: StageTable,
  entry: StageEntry,
  bases: ReadonlyMap<number, StageBase>,
): readonly string[] {
  const parent = entry.parent === undefined ? undefined : table.at(entry.parent);
  if (!parent || parent.replacement) {
    const base = bases.get((parent ?? entry).index)?.base;
    return base?.kind === "image" ? (base.image.config.config.OnBuild ?? []) : [];
  }
  return parent.instructions.flatMap(({ instruction }) =>
    instruction.kind === "ONBUILD" ? [instruction.trigger] : [],
  );
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
