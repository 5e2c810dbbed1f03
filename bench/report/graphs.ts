import { MEMORY_LIMIT } from "../scaling/judge.ts";
import type { Drawing } from "./bars.ts";
import { megabytes, seconds } from "./figures.ts";
import type { CurveReport } from "./report.ts";
import { COLOURS, decades, line, logScale, polyline, text } from "./svg.ts";

const CELL_HEIGHT = 200;
const COLUMNS = 3;
const MARGIN = { left: 44, right: 30, top: 44, bottom: 24 };
const STRAIGHT = "#bbb";

/** A small graph for each curve: time over work, both logarithmic, beside what grows as the work does (grey); memory in the labels. */
export function graphs(curves: readonly CurveReport[], width: number, top: number): Drawing {
  if (curves.length === 0) return { height: 0, parts: [] };
  const title = `How time grows with the work (grey: in proportion), and memory in MB (limit ${megabytes(MEMORY_LIMIT)})`;
  const cell = width / COLUMNS;
  const parts = curves.flatMap((curve, index) => {
    const x = (index % COLUMNS) * cell;
    const y = top + 30 + Math.floor(index / COLUMNS) * CELL_HEIGHT;
    return graph(curve, { x, y, width: cell });
  });
  const height = 30 + Math.ceil(curves.length / COLUMNS) * CELL_HEIGHT;
  return { height, parts: [text(10, top + 18, title, { kind: "title" }), ...parts] };
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function graph({ title, points, verdict }: CurveReport, { x, y, width }: Area): readonly string[] {
  const first = points[0]!;
  const last = points.at(-1)!;
  const straight = first.time * (last.work / first.work);
  const marks = decades([...points.map(({ time }) => time), straight]);
  const [bottom, ceiling] = [y + CELL_HEIGHT - MARGIN.bottom, y + MARGIN.top];
  const across = logScale([first.work, last.work], [x + MARGIN.left + 10, x + width - MARGIN.right]);
  const up = logScale([marks[0]!, marks.at(-1)!], [bottom, ceiling]);
  return [
    text(x + 10, y + 16, `${title}: exponent ${verdict.exponent?.toFixed(2) ?? "-"}`),
    ...marks.flatMap((mark) => [
      line([x + MARGIN.left, up(mark)], [x + width - MARGIN.right, up(mark)]),
      text(x + MARGIN.left - 4, up(mark) + 3, `${mark} s`, { anchor: "end", kind: "small" }),
    ]),
    line([across(first.work), up(first.time)], [across(last.work), up(straight)], STRAIGHT),
    polyline(
      points.map(({ work, time }) => [across(work), up(time)] as const),
      COLOURS.slipway,
    ),
    ...points.flatMap(({ label, work, time, memory }, index) => [
      text(across(work), bottom + 14, label, { anchor: "middle", kind: "small" }),
      text(across(work), up(time) - 7, `${seconds(time)} s, ${megabytes(memory)} MB`, {
        anchor: anchorOf(index, points.length),
        kind: "small",
      }),
    ]),
  ];
}

/** Labels at the ends stay within the graph. */
function anchorOf(index: number, count: number): "start" | "middle" | "end" {
  if (index === 0) return "start";
  return index === count - 1 ? "end" : "middle";
}
