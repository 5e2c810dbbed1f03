import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { applyPolicy } from "../../src/audit/apply-policy.ts";
import { finding } from "../../src/audit/finding.ts";
import { matchesGlob } from "../../src/audit/glob.ts";
import { parsePolicy } from "../../src/audit/policy.ts";
import { POLICY_SCHEMA } from "../../src/audit/policy-schema.ts";
import { isSlipwayError, type SlipwayError } from "../../src/core/errors.ts";
import { schemaProblems } from "../support/json-schema.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

const policyOf = (...entries: string[]) =>
  `version: 1\naccept:\n${entries.map((one) => `  - ${one}\n`).join("")}`;
const entry = (id: string, subject: string, expires = "never") =>
  `{id: ${id}, subject: ${JSON.stringify(subject)}, reason: it is needed, expires: ${expires}}`;
const setuid = (path: string) =>
  finding("SetuidFile", { subject: path, message: path, fix: "", facts: { path } });

function refusal(text: string): SlipwayError {
  try {
    parsePolicy(text, "p.yaml");
  } catch (error) {
    if (isSlipwayError(error, "POLICY_INVALID")) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("patterns of subjects", () => {
  it.each([
    ["/bin/su", "/bin/su", true],
    ["/bin/su", "/bin/sudo", false],
    ["/bin/*", "/bin/su", true],
    ["/bin/*", "/bin/a/b", false],
    ["/bin/**", "/bin/a/b", true],
    ["**", "", true],
    ["**/su", "/usr/bin/su", true],
    ["/b?n/su", "/bin/su", true],
    ["?bin", "/bin", false],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["[a](.)", "[a](.)", true],
    ["[a]", "a", false],
    ["layer *, hidden by layer *", "layer 2, hidden by layer 11", true],
    ["/ä?", "/ä🚢", true],
  ])("%s, %s: %s", (pattern, text, expected) => expect(matchesGlob(pattern, text)).toBe(expected));

  it("take no longer for patterns that are made to be slow", () => {
    // A search that goes back and tries again would not end in this century.
    expect(matchesGlob(`${"**a".repeat(200)}b`, "a".repeat(2000))).toBe(false);
  });
});

describe("what a policy says of findings", () => {
  const day = (text: string) => Date.parse(`${text}Z`);

  it("accepts what fits by subject, path or pattern, and nothing else", () => {
    const policy = parsePolicy(
      policyOf(
        entry("SetuidFile", "/bin/su"),
        entry("SetuidFile", "/opt/**"),
        entry("SecretInFile", "/app/key"),
      ),
      "p.yaml",
    );
    const secret = finding("SecretInFile", {
      subject: "github-token in /app/key",
      message: "",
      fix: "",
      facts: { path: "/app/key" },
    });
    const others = [setuid("/bin/ping"), finding("SetgidFile", { subject: "/bin/su", message: "", fix: "" })];
    const fitting = [setuid("/bin/su"), setuid("/opt/a/b"), secret];
    const { findings, accepted, unused } = applyPolicy([...others, ...fitting], policy, 0);
    expect(findings).toEqual(others);
    expect(accepted.map(({ subject }) => subject)).toEqual(fitting.map(({ subject }) => subject));
    expect(accepted[0]!.acceptance).toMatchObject({
      reason: "it is needed",
      source: { file: "p.yaml", start: 3 },
    });
    expect(unused).toEqual([]);
  });

  it("holds until the end of the last day, in UTC", () => {
    const policy = parsePolicy(policyOf(entry("SetuidFile", "**", "2027-01-31")), "p.yaml");
    const at = (time: string) => applyPolicy([setuid("/bin/su")], policy, day(time));
    expect(at("2027-01-31T23:59:59").findings).toEqual([]);
    const over = at("2027-02-01T00:00:00");
    expect(over.accepted).toEqual([]);
    expect(over.findings[0]!.lapsed).toMatchObject({ until: "2027-01-31", reason: "it is needed" });
    expect(over.unused).toEqual([]);
  });

  it("goes by the entry that still holds where another is over", () => {
    const text = policyOf(entry("SetuidFile", "/bin/*", "2020-01-01"), entry("SetuidFile", "/bin/su"));
    const { accepted, findings } = applyPolicy(
      [setuid("/bin/su")],
      parsePolicy(text, "p"),
      day("2027-01-01"),
    );
    expect([accepted.length, findings.length]).toEqual([1, 0]);
  });

  it("tells of entries that fit nothing", () => {
    const policy = parsePolicy(policyOf(entry("SetuidFile", "/gone"), entry("RootUser", "**")), "p.yaml");
    const { unused } = applyPolicy([setuid("/bin/su")], policy, 0);
    expect(unused.map(({ source }) => source.start)).toEqual([3, 4]);
  });
});

/** Texts that are wrong, where, and what is said. */
const WRONG: readonly [what: string, text: string, line: number, message: string][] = [
  ["no mapping", "- a\n", 1, "a mapping is expected"],
  ["nothing", "", 1, "a mapping is expected"],
  ["no version", "accept: []\n", 1, '"version" is missing'],
  ["another version", "version: 2\naccept: []\n", 1, "reads version 1"],
  ["an unknown key", "version: 1\naccepted: []\naccept: []\n", 2, "did you mean accept"],
  ["an unknown rule", policyOf(entry("SetuidFiles", "/a")), 3, "did you mean SetuidFile"],
  ["no reason", policyOf("{id: RootUser, subject: USER, expires: never}"), 3, '"reason" is missing'],
  [
    "an empty reason",
    policyOf("{id: RootUser, subject: USER, reason: ' ', expires: never}"),
    3,
    "must not be empty",
  ],
  ["no end", policyOf("{id: RootUser, subject: USER, reason: a}"), 3, '"expires" is missing'],
  ["no subject", policyOf("{id: RootUser, reason: a, expires: never}"), 3, '"subject" is missing'],
  ["a word for a day", policyOf(entry("RootUser", "USER", "tomorrow")), 3, "a day like 2027-01-31"],
  ["broken YAML", "version: 1\naccept: [\n", 3, ""],
];
/** Wrong in ways that a schema cannot say. */
const WRONG_BEYOND: typeof WRONG = [
  ["a day that is none", policyOf(entry("RootUser", "USER", "2027-02-30")), 3, "a day like 2027-01-31"],
  ["the same twice", policyOf(entry("RootUser", "USER"), entry("RootUser", "USER")), 4, "line 3 is about"],
];

describe("a policy that is wrong", () => {
  it.each([...WRONG, ...WRONG_BEYOND])("%s", (_, text, line, message) => {
    const error = refusal(text);
    expect(error.source).toEqual({ file: "p.yaml", start: line, end: line });
    expect(error.message).toContain(message);
  });

  it("tells every mistake at once", () => {
    const error = refusal(policyOf(entry("Nope", "/a"), entry("RootUser", "USER", "soon")));
    expect(error.message.split("\n").map((one) => one.split(":")[1])).toEqual(["3", "4"]);
  });

  it("is refused by its size", () => {
    expect(refusal(`# ${"x".repeat(1024 * 1024)}`).message).toContain("larger than");
  });
});

describe("what is published about policies", () => {
  it("docs/audit-policy.schema.json is the schema in the code", () => {
    const text = readFileSync(join(PROJECT_ROOT, "docs/audit-policy.schema.json"), "utf8");
    expect(JSON.parse(text)).toEqual(POLICY_SCHEMA);
  });

  it("the policy in docs/audit.md is one, and the schema takes it", () => {
    const page = readFileSync(join(PROJECT_ROOT, "docs/audit.md"), "utf8");
    const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(parsePolicy(example, "docs/audit.md").accept.length).toBeGreaterThan(1);
    expect(schemaProblems(POLICY_SCHEMA, parse(example))).toEqual([]);
  });

  it("the schema refuses what is refused, and takes what is taken", () => {
    const refusedByParser = WRONG.filter(([what]) => what !== "broken YAML");
    for (const [what, text] of refusedByParser)
      expect([what, schemaProblems(POLICY_SCHEMA, parse(text))]).not.toEqual([what, []]);
    const sound = policyOf(entry("RootUser", "USER"), entry("SetuidFile", "**", "2027-01-31"));
    expect(schemaProblems(POLICY_SCHEMA, parse(sound))).toEqual([]);
  });
});
