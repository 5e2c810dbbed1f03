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

/** Everything that the roots need, themselves included (SPEC SG-03). */
export function reachableFrom(table: StageTable, roots: readonly number[]): ReadonlySet<number> {
  const reached = new Set<number>();
  const pending = [...roots];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const entry = table.at(index);
    if (entry.parent !== undefined) pending.push(entry.parent);
    for (const read of readsOf(entry)) pending.push(read.index);
  }
  return reached;
}

/**
 * Refuses stages that copy from each other, or from themselves, built or not (SPEC SG-04, PO-06). A FROM cannot close a
 * circle alone: the COPY that goes with it names a later stage, which is an error of its own. Throws STAGE_CYCLE.
 */
export function checkCycles(table: StageTable): void {
  const done = new Set<number>();
  for (const { index, source } of table.entries) descend(table, { index, at: source }, done);
}

interface Visit {
  readonly read: Read;
  readonly open: Iterator<Read>;
}

/** Depth first with a path of its own: a file may chain more stages than the call stack has room for. */
function descend(table: StageTable, start: Read, done: Set<number>): void {
  if (done.has(start.index)) return;
  const visit = (read: Read): Visit => ({ read, open: readsOf(table.at(read.index)).values() });
  const path = [visit(start)];
  const onPath = new Set([start.index]);
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const { value: read } = top.open.next() as IteratorResult<Read, undefined>;
    if (read === undefined) {
      path.pop();
      onPath.delete(top.read.index);
      done.add(top.read.index);
    } else if (onPath.has(read.index)) {
      throw circle(table, [...path.map((step) => step.read), read]);
    } else if (!done.has(read.index)) {
      path.push(visit(read));
      onPath.add(read.index);
    }
  }
}

/** `path` ends with the read that leads back to an entry further up in it. */
function circle(table: StageTable, path: readonly Read[]): SlipwayError<"STAGE_CYCLE"> {
  const last = path.at(-1)!;
  const reads = path.slice(path.findIndex((step) => step.index === last.index) + 1);
  const { label } = table.at(last.index);
  const stages = reads.map((read) => table.at(read.index).label);
  const circle = stages.length > 10 ? [label, ...stages.slice(0, 9), "…", label] : [label, ...stages];
  return new SlipwayError("STAGE_CYCLE", `circular dependency detected on stage: ${label}`, {
    source: reads[0]!.at,
    hint: `${circle.join(" reads from ")}; a stage can only read from stages above it`,
    facts: {
      stages,
      locations: reads.map((read) => read.at),
    },
  });
}
