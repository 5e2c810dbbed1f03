import { describe, expect, it } from "vitest";
import type { LintFinding } from "../../src/lint/finding.ts";
import { lintSarif } from "../../src/lint/sarif.ts";
import { SARIF_SCHEMA } from "../sarif/sarif-schema.ts";
import { schemaProblems } from "../support/json-schema.ts";

const TEXT = "FROM a\nRUN x\nRUN x\n";
const finding = (rule: string, line: number, more: Partial<LintFinding> = {}): LintFinding => ({
  rule,
  origin: "slipway",
  severity: "warning",
  description: `about ${rule}`,
  message: `${rule} here`,
  fix: "mend it",
  page: "docs/lint/page.md",
  source: { file: "a folder/Docker#file", start: line, end: line },
  ...more,
});
const FINDINGS = [
  finding("UnpinnedBase", 1, { severity: "info" }),
  finding("AptListsKept", 2),
  finding("AptListsKept", 3),
  finding("UndefinedVar", 3, { origin: "buildkit", page: "https://example.com/rule/" }),
];

describe("lint as SARIF", () => {
  const log = JSON.parse(lintSarif({ findings: FINDINGS, text: TEXT, problem: "no base" }, "1.2.3"));
  const [run] = log.runs;

  it("is as the standard's schema says", () => expect(schemaProblems(SARIF_SCHEMA, log)).toEqual([]));

  it("has each rule once, and the level, place and remedy of each finding", () => {
    const { rules } = run.tool.driver;
    expect(rules.map(({ id }: { id: string }) => id)).toEqual([
      "UnpinnedBase",
      "AptListsKept",
      "UndefinedVar",
    ]);
    expect(rules[0].defaultConfiguration.level).toBe("note");
    expect(rules[2].helpUri).toBe("https://example.com/rule/");
    expect(rules[0].helpUri).toBeUndefined();
    expect(run.results[1]).toMatchObject({
      ruleId: "AptListsKept",
      ruleIndex: 1,
      level: "warning",
      message: { text: "AptListsKept here. Fix: mend it" },
    });
    expect(run.results[1].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "a%20folder/Docker%23file" },
      region: { startLine: 2, endLine: 2 },
    });
    expect(run.invocations[0].toolExecutionNotifications[0].message.text).toBe("no base");
  });

  it("knows findings again when lines move, and tells equal ones apart", () => {
    const prints = (of: typeof run) =>
      of.results.map(({ partialFingerprints }: { partialFingerprints: object }) =>
        Object.values(partialFingerprints).join(),
      );
    const moved = FINDINGS.map((one) => ({
      ...one,
      source: { ...one.source, start: one.source.start + 2, end: one.source.end + 2 },
    }));
    const again = JSON.parse(lintSarif({ findings: moved, text: `# a\n\n${TEXT}` }, "1"));
    expect(prints(again.runs[0])).toEqual(prints(run));
    expect(new Set(prints(run)).size).toBe(4);
  });
});
