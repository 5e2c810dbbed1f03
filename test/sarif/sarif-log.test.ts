import { describe, expect, it } from "vitest";
import { finding } from "../../src/audit/finding.ts";
import type { Acceptance } from "../../src/audit/policy.ts";
import type { AuditReport } from "../../src/audit/report.ts";
import { sarifReport } from "../../src/audit/sarif.ts";
import { sarifLog } from "../../src/sarif/sarif-log.ts";
import { schemaProblems } from "../support/json-schema.ts";
import { SARIF_SCHEMA } from "./sarif-schema.ts";

const acceptance: Acceptance = {
  rule: "SetuidFile",
  subject: "/bin/*",
  reason: "needed",
  until: "2020-01-01",
  source: { file: ".slipway-audit.yaml", start: 3, end: 3 },
};
const setuid = finding("SetuidFile", {
  subject: "/bin/su",
  message: "su",
  fix: "chmod",
  facts: { path: "/bin/su" },
});

const report: AuditReport = {
  target: "registry:5000/app:1@2",
  sizes: [],
  findings: [
    { ...setuid, lapsed: acceptance },
    finding("RootUser", {
      subject: "USER",
      message: "root",
      fix: "USER app",
      origin: { source: { file: "a folder/Docker file#1?.x", start: 2, end: 4 } },
    }),
    finding("LeakedFile", {
      subject: "/a:b/ü\ud800%\\^/.env",
      message: "leak",
      fix: "",
      facts: { path: "/a:b/ü\ud800%\\^/.env" },
    }),
    finding("UncheckedDownload", { subject: "https://example.com/a?b=c#d", message: "", fix: "" }),
  ],
  policy: {
    file: ".slipway-audit.yaml",
    accepted: [{ ...setuid, subject: "/bin/mount", acceptance }],
    unused: [{ ...acceptance, rule: "RootUser" }],
  },
};

interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly invocations: readonly {
    readonly toolExecutionNotifications: readonly { readonly message: { readonly text: string } }[];
  }[];
  readonly results: readonly {
    readonly ruleId: string;
    readonly ruleIndex: number;
    readonly suppressions?: readonly object[];
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
    }[];
  }[];
}
const runOf = (log: string): Run => JSON.parse(log).runs[0];

describe("SARIF", () => {
  it("is what the schema of SARIF 2.1.0 wants", () => {
    expect(schemaProblems(SARIF_SCHEMA, JSON.parse(sarifReport(report, "1.2.3")))).toEqual([]);
    const { policy: _, ...withoutPolicy } = report;
    expect(schemaProblems(SARIF_SCHEMA, JSON.parse(sarifReport(withoutPolicy, "1.2.3")))).toEqual([]);
    const nothing = sarifReport({ target: "a", findings: [], sizes: [] }, "1.2.3");
    expect(schemaProblems(SARIF_SCHEMA, JSON.parse(nothing))).toEqual([]);
  });

  it("has an index for every rule, and places that are references to files", () => {
    const { results, tool } = runOf(sarifReport(report, "1"));
    expect(results.map(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]!.id === ruleId)).toEqual(
      Array(5).fill(true),
    );
    for (const { locations } of results) {
      const { uri } = locations[0]!.physicalLocation.artifactLocation;
      expect(uri).toMatch(/^[^/]/);
      expect(new URL(uri, "file:///folder/").protocol === "file:").toBe(true);
    }
  });

  it("holds what a policy accepts, suppressed, and gives every other result an empty list (3.27.23)", () => {
    const { results, invocations } = runOf(sarifReport(report, "1"));
    expect(results.map(({ suppressions }) => suppressions?.length)).toEqual([0, 0, 0, 0, 1]);
    expect(results[4]!.suppressions).toMatchObject([
      { kind: "external", status: "accepted", justification: "needed" },
    ]);
    const told = invocations[0]!.toolExecutionNotifications.map(({ message }) => message.text);
    expect(told).toEqual([
      expect.stringContaining(".slipway-audit.yaml:3: SetuidFile of /bin/su is accepted no longer"),
      expect.stringContaining("nothing is found that RootUser /bin/* would accept"),
    ]);
  });

  it("has all members that a log can have", () => {
    const rule = {
      id: "A",
      title: "a",
      description: "b",
      level: "note",
      help: "c",
      helpUri: "https://example.com/a",
    } as const;
    const result = {
      rule: "A",
      level: "error",
      message: "m",
      path: "Dockerfile",
      fingerprints: { "a/v1": "b" },
    } as const;
    const log = sarifLog({
      version: "1",
      rules: [rule],
      results: [
        { ...result, lines: { start: 1, end: 1 } },
        { ...result, rule: "B" },
      ],
    });
    expect(schemaProblems(SARIF_SCHEMA, JSON.parse(log))).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each<[what: string, change: (log: { version: string; runs: Run[] }) => unknown]>([
    ["another version", (log) => ({ ...log, version: "2.0.0" })],
    ["no version", ({ runs }) => ({ runs })],
    ["an unknown member", (log) => ({ ...log, extra: 1 })],
    ["a line 0", (log) => replaced(log, '"startLine":2', '"startLine":0')],
    ["another level", (log) => replaced(log, '"level":"warning"', '"level":"bad"')],
    ["a place that is no reference", (log) => replaced(log, '"uri":"bin/su"', '"uri":"bin/s u"')],
  ])("refuses %s", (_, change) => {
    const changed = change(JSON.parse(sarifReport(report, "1")));
    expect(schemaProblems(SARIF_SCHEMA, changed)).not.toEqual([]);
  });

  const replaced = (log: unknown, from: string, to: string) => {
    const text = JSON.stringify(log);
    expect(text).toContain(from);
    return JSON.parse(text.replace(from, to));
  };
});
