import { throwIfAborted } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Warn } from "../dockerfile/linter.ts";
import { type BaseRequest, checkBaseName, resolveBase, type StageBase } from "./bases.ts";
import { located } from "./located.ts";
import { fireTriggers, triggersOf } from "./onbuild.ts";
import { checkCycles, reachableFrom } from "./reachability.ts";
import type { StageEntry, StageTable } from "./stage-table.ts";

/**
 * Resolves the bases of what the roots need, side by side. Triggers fire in the stages that the target needs; they may add
 * needs, so this repeats until there are none (SPEC OB-05). Names that cannot be those of images are refused wherever they stand. Throws what the resolver throws, at the FROM,
 * REFERENCE_INVALID and STAGE_CYCLE.
 */
export async function resolveBases(
  table: StageTable,
  { roots, target }: { readonly roots: readonly number[]; readonly target: number },
  request: BaseRequest & { readonly warn: Warn },
): Promise<ReadonlyMap<number, StageBase>> {
  for (const entry of table.entries) located(entry.source, () => checkBaseName(entry, request));
  const bases = new Map<number, StageBase>();
  const fired = new Set<number>();
  for (;;) {
    throwIfAborted(request.options.signal);
    const needed = [...reachableFrom(table, roots)].sort((a, b) => a - b).map((index) => table.at(index));
    const open = needed.filter((entry) => entry.parent === undefined && !bases.has(entry.index));
    const resolved = await Promise.all(open.map((entry) => resolveAt(entry, request)));
    open.forEach((entry, at) => {
      const base = resolved[at]!;
      bases.set(entry.index, base);
      // In file order, whichever registry answered first.
      if (base.mismatch) request.warn("InvalidBaseImagePlatform", base.mismatch, entry);
    });
    const needsTriggers = reachableFrom(table, [target]);
    const firing = needed.filter(
      ({ index, implicit, replacement }) =>
        needsTriggers.has(index) && !implicit && !replacement && !fired.has(index),
    );
    if (open.length === 0 && firing.length === 0) return bases;
    for (const entry of firing) {
      fired.add(entry.index);
      const triggers = triggersOf(table, entry, bases);
      if (triggers.length > 0) fireTriggers(table, entry, triggers, entry.source);
    }
    checkCycles(table);
  }
}

async function resolveAt(entry: StageEntry, request: BaseRequest): Promise<StageBase> {
  try {
    return await resolveBase(entry, request);
  } catch (error) {
    throw error instanceof SlipwayError ? error.at(entry.source) : error;
  }
}
