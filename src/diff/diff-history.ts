import { type HistoryRow, pairHistory } from "../image/history.ts";
import type { ComparedDocuments } from "./compared-image.ts";
import { editScript } from "./edit-script.ts";
import type { HistoryChange } from "./image-diff.ts";

/** The steps that only one of two histories has, in order. When a step was done, and which layer came of it, does not count. */
export function diffHistories(before: ComparedDocuments, after: ComparedDocuments): readonly HistoryChange[] {
  const [old, now] = [pairHistory(before.config), pairHistory(after.config)];
  const regions = editScript(old.map(keyOf), now.map(keyOf));
  return regions.flatMap(({ beforeStart, beforeEnd, afterStart, afterEnd }) => [
    ...old.slice(beforeStart, beforeEnd).map((row) => told("removed", row, before)),
    ...now.slice(afterStart, afterEnd).map((row) => told("added", row, after)),
  ]);
}

function keyOf({ item, layer }: HistoryRow): string {
  return JSON.stringify([
    item?.created_by ?? "",
    item?.comment ?? "",
    item?.author ?? "",
    layer !== undefined,
  ]);
}

function told(
  kind: HistoryChange["kind"],
  { item, layer }: HistoryRow,
  { layerSizes }: ComparedDocuments,
): HistoryChange {
  return {
    kind,
    createdBy: item?.created_by ?? "",
    ...(item?.comment ? { comment: item.comment } : {}),
    ...(layer === undefined ? {} : { size: layerSizes[layer] ?? 0 }),
  };
}
