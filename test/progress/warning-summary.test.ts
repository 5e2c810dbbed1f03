import { describe, expect, it } from "vitest";
import type { BuildEvent } from "../../src/core/events.ts";
import { WarningSummary } from "../../src/progress/warning-summary.ts";

const start: BuildEvent = {
  type: "build.start",
  time: 0,
  dockerfile: "Dockerfile",
  text: "FROM x\nCMD a\nCMD b\n",
};
const warning = (line: number, rule = "JSONArgsRecommended"): BuildEvent => ({
  type: "warning",
  time: 1,
  rule,
  message: "use JSON",
  source: { file: "Dockerfile", start: line, end: line },
  url: "https://example.org/json/",
});
const notice: BuildEvent = { type: "warning", time: 2, message: "slow mirror" };

function summary(events: readonly BuildEvent[], expand = false): string[] {
  const warnings = new WarningSummary(expand);
  for (const event of events) warnings.apply(event);
  return warnings.take();
}

describe("warnings at the end of a build", () => {
  it("CL-06: their number, then one line for each", () => {
    expect(summary([start, warning(2), notice])).toEqual([
      "2 warnings found (use --debug to expand):",
      " - JSONArgsRecommended: use JSON (line 2)",
      " - slow mirror",
    ]);
    expect(summary([warning(2)])[0]).toBe("1 warning found (use --debug to expand):");
    expect(summary([start])).toEqual([]);
  });

  it("CL-06: what is the same to the reader is told once", () => {
    expect(summary([warning(2), warning(3), warning(2)])).toHaveLength(3);
  });

  it("CL-06: expanded, each with its reason, page and lines", () => {
    expect(summary([start, warning(2), notice, warning(3, "unknown")], true)).toEqual([
      "3 warnings found:",
      " - JSONArgsRecommended: use JSON (line 2)",
      "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
      "More info: https://example.org/json/",
      "Dockerfile:2",
      "--------------------",
      "   1 |     FROM x",
      "   2 | >>> CMD a",
      "   3 |     CMD b",
      "--------------------",
      "",
      " - slow mirror",
      "",
      " - unknown: use JSON (line 3)",
      "More info: https://example.org/json/",
      "Dockerfile:3",
      "--------------------",
      "   1 |     FROM x",
      "   2 |     CMD a",
      "   3 | >>> CMD b",
      "--------------------",
      "",
    ]);
  });

  it("nothing is told twice", () => {
    const warnings = new WarningSummary();
    warnings.apply(warning(2));
    expect([warnings.take().length, warnings.take().length]).toEqual([2, 0]);
  });
});
