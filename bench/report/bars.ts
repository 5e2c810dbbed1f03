import type { BuilderName } from "../builders/builder.ts";
import { seconds } from "./figures.ts";
import type { RowReport } from "./report.ts";
import { bar, COLOURS, decades, line, logScale, text } from "./svg.ts";

const BAR = 12;
const GAP = 14;
const HEAD = 50;
const LABEL_WIDTH = 330;
const VALUE_WIDTH = 60;
const NAMES: Readonly<Record<BuilderName, string>> = {
  slipway: "Slipway",
  rootless: "Slipway, ordinary user",
  docker: "docker build",
  buildah: "buildah",
};

export interface Drawing {
  readonly height: number;
  readonly parts: readonly string[];
}

/** A group of bars for each row, one for each builder, seconds on a logarithmic scale; a tick shows the floor. */
export function bars(rows: readonly RowReport[], width: number, top: number): Drawing {
  if (rows.length === 0) return { height: 0, parts: [] };
  const marks = decades(rows.flatMap(allTimes));
  const place = logScale([marks[0]!, marks.at(-1)!], [LABEL_WIDTH, width - VALUE_WIDTH]);
  const bottom = rows.reduce((y, row) => y + heightOf(row), top + HEAD);
  const parts = [text(10, top + 20, "Seconds (logarithmic)", { kind: "title" }), legend(top + 20)];
  for (const mark of marks)
    parts.push(
      line([place(mark), top + HEAD - 6], [place(mark), bottom]),
      text(place(mark), top + HEAD - 10, `${mark} s`, { anchor: "middle", kind: "small" }),
    );
  let y = top + HEAD;
  for (const row of rows) {
    parts.push(...group(row, y, place));
    y += heightOf(row);
  }
  return { height: bottom - top, parts };
}

function shown(row: RowReport): readonly BuilderName[] {
  return (Object.keys(NAMES) as BuilderName[]).filter((name) => row.result.builders[name]);
}

function heightOf(row: RowReport): number {
  return Math.max(1, shown(row).length) * BAR + GAP;
}

function allTimes({ result }: RowReport): readonly number[] {
  return [...Object.values(result.builders), ...result.floors].map((each) => each.seconds.median);
}

function group(row: RowReport, y: number, place: (value: number) => number): readonly string[] {
  const start = LABEL_WIDTH;
  const middle = y + (shown(row).length * BAR) / 2 + 4;
  const floor = Math.min(...row.result.floors.map((each) => each.seconds.median));
  return [
    text(LABEL_WIDTH - 8, middle, shortened(row.title), { anchor: "end" }),
    ...shown(row).flatMap((name, index) => {
      const value = row.result.builders[name]!.seconds.median;
      const at = y + index * BAR;
      return [
        bar(start, at, { width: place(value) - start, height: BAR - 2, colour: COLOURS[name] }),
        text(place(value) + 4, at + BAR - 3, seconds(value), { kind: "small" }),
      ];
    }),
    ...(Number.isFinite(floor)
      ? [line([place(floor), y - 2], [place(floor), y + heightOf(row) - GAP], "#c00")]
      : []),
  ];
}

const LEGEND_START = 230;
const ENTRY_WIDTH = 155;
const MOST_CHARACTERS = 46;

function shortened(title: string): string {
  return title.length <= MOST_CHARACTERS ? title : `${title.slice(0, MOST_CHARACTERS - 1)}…`;
}

function legend(y: number): string {
  const entries = (Object.keys(NAMES) as BuilderName[]).map((name, index) => {
    const x = LEGEND_START + index * ENTRY_WIDTH;
    return `${bar(x, y - 10, { width: 10, height: 10, colour: COLOURS[name] })}\n${text(x + 14, y, NAMES[name])}`;
  });
  const x = LEGEND_START + entries.length * ENTRY_WIDTH;
  return [...entries, line([x, y - 11], [x, y], "#c00"), text(x + 6, y, "floor")].join("\n");
}
