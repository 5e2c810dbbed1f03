import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { coverage, idsIn } from "../scripts/spec/coverage.mjs";
import { PROJECT_ROOT } from "./support/source-tree.ts";

const RULES = { "1 Lines": { "LX-01": "a", "LX-02": "b", "LX-03": "c" } };

const report = (...tests: readonly [title: string, status: string][]) => ({
  testResults: [{ assertionResults: tests.map(([title, status]) => ({ title, status })) }],
});

const data = (name: string) => JSON.parse(readFileSync(join(PROJECT_ROOT, "scripts/spec", name), "utf8"));

describe("coverage of the specification", () => {
  it("reads one rule, several, and ranges from a title", () => {
    expect(idsIn("CP-16: excludes")).toEqual(["CP-16"]);
    expect(idsIn("A3-1, LX-40, LX-42: bodies")).toEqual(["A3-1", "LX-40", "LX-42"]);
    expect(idsIn("LT-08 to LT-11, A2-2: ranges")).toEqual(["LT-08", "LT-09", "LT-10", "LT-11", "A2-2"]);
  });

  it("takes neither vulnerabilities nor other names for rules", () => {
    expect(idsIn("CVE-2024-21626, GHSA-7236-3392-c5c6: UTF-8, SHA-256")).toEqual([]);
  });

  it("closes on a rule with neither test nor reason, with both, or with a failing test", () => {
    const result = coverage(
      RULES,
      { "LX-02": "Windows" },
      report(["LX-02: x", "passed"], ["LX-03: y", "failed"]),
    );
    expect(result.problems).toEqual([
      "LX-01: has neither a passing test nor a reason",
      "LX-02: has a test, and a reason to have none",
      "LX-03: fails: LX-03: y",
    ]);
  });

  it("is content with a passing test or a reason, also for a range", () => {
    const result = coverage(RULES, { "LX-02 to LX-03": "Windows" }, report(["LX-01: x", "passed"]));
    expect(result.problems).toEqual([]);
    expect(result.sections[0]?.rules.map((rule) => rule.passed)).toEqual([1, 0, 0]);
  });

  it("does not count tests that were skipped, and reports rules that do not exist", () => {
    const result = coverage(
      RULES,
      { "LX-01 to LX-03": "later" },
      report(["LX-01: x", "skipped"], ["LX-77: y", "passed"]),
    );
    expect(result.problems).toEqual(["LX-77: there is no such rule"]);
  });

  it("has reasons for rules that exist only", () => {
    expect(coverage(data("rules.json"), data("reasons.json"), report()).problems).not.toContainEqual(
      expect.stringContaining("no such rule"),
    );
  });
});
