import { bars } from "./bars.ts";
import { graphs } from "./graphs.ts";
import type { Report } from "./report.ts";
import { picture } from "./svg.ts";

const WIDTH = 1000;
const PADDING = 20;

/** The picture of a report, as SVG: bars for the rows, graphs for the curves. */
export function chart({ rows, curves }: Report): string {
  const above = bars(rows, WIDTH, 0);
  const below = graphs(curves, WIDTH, above.height);
  return picture(WIDTH, above.height + below.height + PADDING, [...above.parts, ...below.parts]);
}
