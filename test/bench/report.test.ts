import { describe, expect, it } from "vitest";
import { summarise } from "../../bench/measure/statistics.ts";
import { chart } from "../../bench/report/chart.ts";
import { figures, seconds } from "../../bench/report/figures.ts";
import type { Report, RowReport } from "../../bench/report/report.ts";
import { markdownTable, plainTable, rowTable } from "../../bench/report/table.ts";
import { renderReport, withTables } from "../../bench/report/write.ts";
import { judgeCurve } from "../../bench/scaling/judge.ts";

const measured = (time: number, memory = 50e6) => ({ seconds: summarise([time]), memory });

const ROW: RowReport = {
  name: "row",
  title: "a row with <angles> & more",
  goal: { buildkit: 0.4, docker: 0.2 },
  result: {
    builders: {
      slipway: measured(0.1),
      rootless: measured(0.14),
      docker: measured(1),
      buildah: measured(2),
    },
    floors: [{ label: "cp", seconds: summarise([0.05]) }],
    failures: {},
  },
};
const ALONE: RowReport = {
  ...ROW,
  name: "alone",
  goal: { buildkit: 0.5 },
  result: {
    builders: { slipway: measured(3) },
    floors: [],
    failures: { buildah: "no crun\nand more" },
  },
};
const POINTS = [1, 10, 100].map((work) => ({ label: `${work}`, work, time: work / 10, memory: 1e8 }));
const REPORT: Report = {
  version: 1,
  date: "2026-01-02T03:04:05Z",
  machine: {
    cpu: "Some Processor",
    cores: 2,
    memory: 2 ** 34,
    kernel: "6.1",
    filesystem: "ext4",
    node: "v20.19.0",
    loadBefore: 0.1,
  },
  runs: 5,
  builders: [{ name: "docker", version: "docker 28", overhead: 0.003 }],
  notes: ["something to know"],
  rows: [ROW, ALONE],
  curves: [{ name: "curve", title: "a curve", points: POINTS, verdict: judgeCurve(POINTS) }],
};

describe("the report", () => {
  it("compares medians with docker, buildah and root", () => {
    expect(figures(ROW)).toEqual({
      toDocker: 0.1,
      toBuildah: 0.05,
      toRoot: expect.closeTo(1.4),
      met: true,
    });
    expect(figures(ALONE)).toEqual({
      toDocker: undefined,
      toBuildah: undefined,
      toRoot: undefined,
      met: undefined,
    });
  });

  it("writes seconds with two significant digits", () => {
    expect([0.0583, 0.3, 1.62, 17.4, undefined].map(seconds)).toEqual(["0.058", "0.30", "1.6", "17", "-"]);
  });

  it("has as many cells in every row as in its head", () => {
    const rows = rowTable(REPORT.rows);
    expect(rows.map((cells) => cells.length)).toEqual(rows.map(() => rows[0]!.length));
    expect(rows[1]).toEqual(expect.arrayContaining(["0.10", "1.0", "cp 0.050", "0.2", "yes"]));
    expect(rows[1]!.some((cell) => cell.includes("too slow"))).toBe(true);
    expect(rows[2]).toContain("0.5 of BuildKit");
  });

  it("aligns columns for a terminal, and writes Markdown", () => {
    const rows = [
      ["a", "long head"],
      ["wide cell", "b"],
    ];
    expect(plainTable(rows)).toBe("a          long head\nwide cell  b\n");
    expect(markdownTable(rows)).toBe("| a | long head |\n|---|---|\n| wide cell | b |\n");
  });

  it("says what was measured on, what was subtracted, and what failed", () => {
    const text = renderReport(REPORT);
    expect(text).toContain("2 cores (Some Processor)");
    expect(text).toContain("3.0 ms of what starts it are subtracted");
    expect(text).toContain("something to know");
    expect(text).toContain("alone: buildah failed: no crun");
    expect(text).toContain("time grows no faster than the work, memory below 250 MB");
  });

  it("replaces what stands between the marks of the page, and nothing else", () => {
    const marks = ["begin", "end"].map((word) => `<!-- ${word} of what npm run bench writes -->`);
    const page = `before\n${marks[0]}\nold\n${marks[1]}\nafter\n`;
    const once = withTables(page, REPORT);
    expect(once).toMatch(/^before\n<!-- begin/);
    expect(once).toMatch(/writes -->\nafter\n$/);
    expect(once).not.toContain("old");
    expect(withTables(once, REPORT)).toBe(once);
    expect(() => withTables("no marks", REPORT)).toThrow("marks");
  });
});

describe("the picture", () => {
  it("is well-formed, with a bar for every builder of every row", () => {
    const svg = chart(REPORT);
    expect(unclosedTags(svg)).toEqual([]);
    expect(svg).toContain("a row with &lt;angles&gt; &amp; more");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const bars = (svg.match(/<rect [^>]*height="10"/g) ?? []).length;
    const inLegend = 4;
    expect(bars - inLegend).toBe(5);
  });

  it("leaves out what was not measured", () => {
    expect(unclosedTags(chart({ ...REPORT, curves: [] }))).toEqual([]);
    expect(unclosedTags(chart({ ...REPORT, rows: [] }))).toEqual([]);
  });
});

/** Names of elements that are open at the end, or were closed in another order than they were opened. */
function unclosedTags(xml: string): readonly string[] {
  const open: string[] = [];
  const rest = xml.replace(
    /<(\/?)(\w+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/g,
    (_, closes, name, _more, empty) => {
      if (closes) {
        if (open.at(-1) === name) open.pop();
        else open.push(`/${name}`);
      } else if (!empty) open.push(name);
      return "";
    },
  );
  return /[<>]/.test(rest) ? [...open, rest] : open;
}
