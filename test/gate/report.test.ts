import { describe, expect, it } from "vitest";
import { formatReport } from "../../src/gate/report.ts";
import type { TestReport } from "../../src/gate/test-result.ts";

const report: TestReport = {
  image: "a&b",
  passed: 1,
  failed: 1,
  durationMs: 1500,
  results: [
    { name: "Metadata Test", file: "t.yaml", pass: true, errors: [], durationMs: 0.5 },
    {
      name: 'Command Test: "x"',
      file: "t.yaml",
      pass: false,
      errors: ["exit code 1, not 0", "output\u0001 <b>"],
      stdout: "one\ntwo\n",
      durationMs: 1000,
    },
  ],
  notes: ["the image needs an init: x"],
};

describe("reports", () => {
  it("as text say why", () => {
    expect(formatReport(report, "text")).toBe(
      [
        "PASS  Metadata Test  (0.001 s)",
        'FAIL  Command Test: "x"  (1.000 s)',
        "      exit code 1, not 0",
        "      output\u0001 <b>",
        "      stdout:",
        "        one",
        "        two",
        "note: the image needs an init: x",
        "",
        "2 tests: 1 passed, 1 failed (1.500 s)",
        "FAIL",
        "",
      ].join("\n"),
    );
  });

  it("as JSON have the members that container-structure-test writes", () => {
    expect(JSON.parse(formatReport(report, "json"))).toEqual({
      Image: "a&b",
      Pass: 1,
      Fail: 1,
      Total: 2,
      Duration: 1_500_000_000,
      Results: [
        { Name: "Metadata Test", File: "t.yaml", Pass: true, Duration: 500_000 },
        {
          Name: 'Command Test: "x"',
          File: "t.yaml",
          Pass: false,
          Stdout: "one\ntwo\n",
          Errors: ["exit code 1, not 0", "output\u0001 <b>"],
          Duration: 1_000_000_000,
        },
      ],
      Notes: ["the image needs an init: x"],
    });
  });

  it("as JUnit are XML, whatever the output holds", () => {
    const xml = formatReport(report, "junit");
    expect(xml).toContain('<testsuites name="a&amp;b" tests="2" failures="1" errors="0" time="1.500">');
    expect(xml).toContain('<testcase classname="a&amp;b" name="Command Test: &quot;x&quot;" time="1.000">');
    const all = "exit code 1, not 0\noutput\ufffd &lt;b&gt;";
    expect(xml).toContain(`<failure message="exit code 1, not 0 (and 1 more)">${all}</failure>`);
    expect(xml.match(/<failure/g)).toHaveLength(1);
    expect(xml).toContain("<system-out>one\ntwo\n</system-out>");
  });
});
