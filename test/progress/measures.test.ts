import { describe, expect, it } from "vitest";
import { displayWidth, expandTabs, fitWidth, padWidth } from "../../src/progress/display-width.ts";
import { formatBytes, formatDuration } from "../../src/progress/measures.ts";
import { safeLine, safeName } from "../../src/progress/safe-text.ts";
import { stageTable } from "../../src/progress/stage-table.ts";
import { TWO_STAGES } from "./events.ts";

describe("sizes and times", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [9994, "9.99 kB"],
    [9996, "10.0 kB"],
    [99_960, "100 kB"],
    [999_600, "1.00 MB"],
    [170_401_280, "170 MB"],
    [5_000_000_000_000, "5.00 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, "0.0s"],
    [49, "0.0s"],
    [50, "0.1s"],
    [59_949, "59.9s"],
    [59_950, "1m 00s"],
    [125_000, "2m 05s"],
    [3_720_000, "1h 02m"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("widths", () => {
  it.each([
    ["plain", 5],
    ["日本語", 6],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["한글", 4],
    ["\u001b[31mred\u001b[0m", 3],
    ["", 0],
  ])("%j takes %d cells", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("cuts at whole characters and closes colours", () => {
    expect(fitWidth("日本語", 5)).toBe("日本…");
    expect(fitWidth("日本語", 4)).toBe("日…");
    expect(fitWidth("\u001b[31mwarning\u001b[0m", 5)).toBe("\u001b[31mwarn\u001b[0m…");
    expect(fitWidth("exact", 5)).toBe("exact");
    expect(fitWidth("none", 0)).toBe("");
  });

  it("pads by cells and expands tabs to multiples of eight", () => {
    expect(padWidth("日", 4)).toBe("日  ");
    expect(expandTabs("a\tbc\td")).toBe("a       bc      d");
  });
});

describe("safe text", () => {
  it("drops cursor movement and makes the rest visible", () => {
    expect(safeLine("a\u001b[1;1Hb\u009bc\u0000\u202ed")).toBe("ab\\x9bc\\x00\\u202ed");
  });

  it("does not let a sequence that never ends swallow the line", () => {
    expect(safeLine("before \u001b]0;after")).toBe("before 0;after");
  });

  it("puts names on one line, with colours and other sequences made visible", () => {
    expect(safeName("a\nb\u001b[31mc")).toBe("a b\\x1b[31mc");
  });
});

describe("the table of stages", () => {
  it("is left out for a single stage", () => {
    expect(stageTable(TWO_STAGES.slice(0, 1))).toEqual([]);
  });

  it("draws no bar for a stage without bytes", () => {
    const empty = TWO_STAGES.map((stage) => ({ ...stage, own: 0, total: 0 }));
    expect(stageTable(empty)[1]).toBe("builder  debian:bookworm       3  0 B    0 B");
  });
});
