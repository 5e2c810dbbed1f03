import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { StageEntry, StageTable } from "./stage-table.ts";

/** One entry that an instruction of another reads from. */
interface Read {
  readonly index: number;
  /** The instruction. */
  readonly at: SourceRange;
}

function readsOf(entry: StageEntry): readonly Read[] {
  if (entry.replacement) return [];
  return entry.instructions.flatMap(({ instruction, sources }) =>
    sources.flatMap((index) => (index === undefined ? [] : [{ index, at: instruction.source }])),
  );
}

/** Everything that the target needs, itself included (SPEC SG-03). */
export function reachableFrom(table: StageTable, target: number): ReadonlySet<number> {
  const reached = new Set<number>();
  const pending = [target];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const entry = table.at(index);
    if (entry.parent !== undefined) pending.push(entry.parent);
    pending.push(...readsOf(entry).map((read) => read.index));
  }
  return reached;
}

/**
 * Refuses stages that copy from each other, or from themselves, built or not (SPEC SG-04, PO-06). A FROM cannot close a
 * circle alone: the COPY that goes with it names a later stage, which is an error of its own. Throws STAGE_CYCLE.
 */
export function checkCycles(table: StageTable): void {
  const done = new Set<number>();
  const path: Read[] = [];
  const visit = (index: number): void => {
    if (done.has(index)) return;
    for (const read of readsOf(table.at(index))) {
      path.push(read);
      if (read.index === index || path.slice(0, -1).some((step) => step.index === read.index))
        throw circle(table, path);
      visit(read.index);
      path.pop();
    }
    done.add(index);
  };
  for (const { index } of table.entries) {
    path.push({ index, at: table.at(index).source });
    visit(index);
    path.pop();
  }
}

/** `path` ends with the read that leads back to an entry further up in it. */
function circle(table: StageTable, path: readonly Read[]): SlipwayError<"STAGE_CYCLE"> {
  const last = path.at(-1)!;
  const reads = path.slice(path.findIndex((step) => step.index === last.index) + 1);
  const { label } = table.at(last.index);
  return new SlipwayError("STAGE_CYCLE", `circular dependency detected on stage: ${label}`, {
    source: reads[0]!.at,
    hint: "a stage can only read from stages above it",
    facts: {
      stages: reads.map((read) => table.at(read.index).label),
      locations: reads.map((read) => read.at),
    },
  });
}
