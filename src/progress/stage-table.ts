import type { StageSize } from "../core/events.ts";
import { displayWidth, fitWidth, padWidth } from "./display-width.ts";
import { formatBytes } from "./measures.ts";
import { safeName } from "./safe-text.ts";

const BAR_CELLS = 24;
const SMALLEST_BAR = 6;
const TARGET_MARK = " <- target";
const NAME_CELLS = 32;

/**
 * The stages of a build and how large each is, one line per stage after a heading; empty for fewer than two stages.
 * The bar is the stage's total against the largest: `█` its own layers, `░` what it stands on. Bars shrink, and go, where
 * a line would be wider than `columns`.
 */
export function stageTable(stages: readonly StageSize[], columns = Number.POSITIVE_INFINITY): string[] {
  if (stages.length < 2) return [];
  const rows = [
    ["stage", "from", "layers", "own", "total"],
    ...stages.map((stage) => [
      fitWidth(safeName(nameOf(stage)), NAME_CELLS),
      fitWidth(safeName(stage.base), NAME_CELLS),
      String(stage.layers),
      formatBytes(stage.own),
      formatBytes(stage.total),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column]!))));
  const textCells = widths.reduce((sum, width) => sum + width + 2, 0);
  const barCells = Math.min(BAR_CELLS, columns - textCells - TARGET_MARK.length);
  const largest = Math.max(...stages.map((stage) => stage.total));
  return rows.map((row, index) => {
    const text = row.map((cell, column) =>
      column < 2 ? padWidth(cell, widths[column]!) : padLeft(cell, widths[column]!),
    );
    const stage = stages[index - 1];
    if (!stage) return text.join("  ");
    const picture = barCells < SMALLEST_BAR ? "" : bar(stage, largest, barCells);
    return `${text.join("  ")}  ${picture}${stage.isTarget ? TARGET_MARK : ""}`.trimEnd();
  });
}

function nameOf({ name, index, platform }: StageSize): string {
  return [name ?? String(index), ...(platform === undefined ? [] : [platform])].join(" ");
}

/** Anything that has bytes shows at least one cell. */
function bar(stage: StageSize, largest: number, cells: number): string {
  if (largest === 0 || stage.total === 0) return "";
  const total = Math.max(1, Math.round((stage.total / largest) * cells));
  const own = stage.own === 0 ? 0 : Math.max(1, Math.round((stage.own / stage.total) * total));
  return "░".repeat(total - own) + "█".repeat(own);
}

function padLeft(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}
