import type { SourceRange } from "../core/source-range.ts";
import { docComment } from "../dockerfile/doc-comment.ts";
import type { RunMount, RunStep } from "./graph.ts";
import { type InterpretedBuild, interpretBuild } from "./interpret-build.ts";
import type { InterpretedStage } from "./interpret-stage.ts";
import type { PlanOptions } from "./options.ts";
import type { OutlineSecret, TargetOutline } from "./outline.ts";
import { OutlinedArgs } from "./outlined-args.ts";

/**
 * Tells what the target and the stages that it needs take from outside, nothing executed. A name that several stages have
 * is that of the stage nearest to the target. Throws what `interpretBuild` throws.
 */
export async function outlineTarget(options: PlanOptions): Promise<TargetOutline> {
  const build = await interpretBuild(options);
  const stages = nearestFirst(build);
  const { entry } = build.stages.get(build.target)!;
  const description = entry.name === undefined ? undefined : docComment(entry.name, entry.comments);
  const steps = stages.flatMap(({ state }) =>
    state.collected.content.steps.filter((step) => step.kind === "run"),
  );
  return {
    ...(entry.name === undefined ? {} : { name: entry.name }),
    ...(description === undefined ? {} : { description }),
    args: inFileOrder(new OutlinedArgs(build).of(stages)),
    secrets: secretsOf(steps, "secret"),
    ssh: secretsOf(steps, "ssh"),
    cacheMounts: firstOf(mountsOf(steps, "cache"), ({ id }) => id).map(({ id, source }) => ({ id, source })),
  };
}

/** The target, the stage that it is based on, then what it reads from; and so on for each. */
function nearestFirst({ table, target, stages }: InterpretedBuild): readonly InterpretedStage[] {
  const found = new Map<number, InterpretedStage>();
  const pending = [target];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    const stage = stages.get(index);
    if (!stage || found.has(index)) continue;
    found.set(index, stage);
    const { parent, instructions, replacement } = table.at(index);
    const reads = replacement ? [] : instructions.flatMap(({ sources }) => sources);
    // Taken from the end: the base comes first, then the reads in order.
    for (const next of [...reads.toReversed(), parent]) if (next !== undefined) pending.push(next);
  }
  return [...found.values()];
}

function secretsOf(steps: readonly RunStep[], type: "secret" | "ssh"): readonly OutlineSecret[] {
  return firstOf(mountsOf(steps, type), ({ id }) => id).map(({ id, required, source }) => ({
    name: id,
    required,
    source,
  }));
}

function mountsOf<T extends RunMount["type"]>(steps: readonly RunStep[], type: T) {
  type Mount = Extract<RunMount, { readonly type: T }>;
  return steps.flatMap(({ mounts, source }) =>
    mounts.filter((mount): mount is Mount => mount.type === type).map((mount) => ({ ...mount, source })),
  );
}

/** The first of each name, in the order of the file. */
function firstOf<T extends { readonly source: SourceRange }>(
  list: readonly T[],
  nameOf: (item: T) => string,
): readonly T[] {
  const first = new Map<string, T>();
  for (const item of list) if (!first.has(nameOf(item))) first.set(nameOf(item), item);
  return inFileOrder([...first.values()]);
}

function inFileOrder<T extends { readonly source: SourceRange }>(list: readonly T[]): readonly T[] {
  return list.toSorted((a, b) => a.source.start - b.source.start);
}
