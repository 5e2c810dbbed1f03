import { SlipwayError } from "../core/errors.ts";
import type { StageEntry, StageTable } from "./stage-table.ts";

/** Indexes of the entries that a stage needs directly: its base stage, and what its instructions read. */
export function needsOf(entry: StageEntry): readonly number[] {
  if (entry.replacement) return [];
  const sources = entry.instructions.flatMap(({ sources }) =>
    sources.filter((source) => source !== undefined),
  );
  return entry.parent === undefined ? sources : [entry.parent, ...sources];
}

/** Everything that the target needs, itself included (SPEC SG-03). */
export function reachableFrom(table: StageTable, target: number): ReadonlySet<number> {
  const reached = new Set<number>();
  const pending = [target];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    pending.push(...needsOf(table.at(index)));
  }
  return reached;
}

/** Stages that need each other, or themselves, are refused, built or not (SPEC SG-04, PO-06). Throws STAGE_CYCLE. */
export function checkCycles(table: StageTable): void {
  const done = new Set<number>();
  const path = new Set<number>();
  const visit = (index: number): void => {
    if (done.has(index)) return;
    const entry = table.at(index);
    if (path.has(index))
      throw new SlipwayError("STAGE_CYCLE", `circular dependency detected on stage: ${entry.label}`, {
        source: entry.source,
        hint: "a stage can only read from stages above it",
        facts: { stages: [...path].map((i) => table.at(i).label) },
      });
    path.add(index);
    for (const next of needsOf(entry)) visit(next);
    path.delete(index);
    done.add(index);
  };
  for (const entry of table.entries) visit(entry.index);
}
