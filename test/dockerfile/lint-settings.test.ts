import { describe, expect, it } from "vitest";
import { ruleUrl } from "../../src/dockerfile/lint-rules.ts";
import { Linter, refuseFindings } from "../../src/dockerfile/linter.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const rules = (text: string, check?: string) =>
  parseDockerfile(text, "Dockerfile", check === undefined ? {} : { check }).warnings.map(({ rule }) => rule);
/** Two rules of the parser, one of them experimental. */
const SAMPLE = "FROM x\n# other\nARG A\nMAINTAINER y";

describe("the check line", () => {
  it("LN-02: skip takes rules or all, and unknown names do no harm", () => {
    expect(rules(SAMPLE)).toEqual(["MaintainerDeprecated"]);
    expect(rules(`# check=skip=MaintainerDeprecated\n${SAMPLE}`)).toEqual([]);
    expect(rules(`# check=skip=Bogus,MaintainerDeprecated,all\n${SAMPLE}`)).toEqual([]);
    expect(rules(`# check=skip=all\n${SAMPLE}`)).toEqual([]);
    expect(rules(`# check=skip=maintainerdeprecated\n${SAMPLE}`)).toEqual(["MaintainerDeprecated"]);
    expect(rules(`# check=skip=all,Bogus\n${SAMPLE}`)).toEqual(["MaintainerDeprecated"]);
  });

  it("LN-02: experimental asks for rules that are silent else", () => {
    const both = ["InvalidDefinitionDescription", "MaintainerDeprecated"];
    expect(rules(`# check=experimental=all\n${SAMPLE}`)).toEqual(both);
    expect(rules(`# check=experimental=InvalidDefinitionDescription;error=true\n${SAMPLE}`)).toEqual(both);
  });

  it("LN-03: skip=all does not silence experimental rules that were asked for", () => {
    expect(rules(`# check=skip=all;experimental=all\n${SAMPLE}`)).toEqual(["InvalidDefinitionDescription"]);
  });

  it("LN-02: error takes Go's booleans; parts may come in any order", () => {
    const fatal = (line: string) => parseDockerfile(`# check=${line}\nFROM x`, "f").lint.fatal;
    expect(fatal("error=true")).toBe(true);
    expect(fatal("error=T;skip=all")).toBe(true);
    expect(fatal("error=0")).toBe(false);
    expect(fatal("skip=all")).toBe(false);
  });

  it("LN-02: at most three parts; what follows belongs to the third", () => {
    expect(rules(`# check=skip=A;error=false;experimental=B;skip=all\n${SAMPLE}`)).toEqual([
      "MaintainerDeprecated",
    ]);
  });

  it("LN-02: unknown keys and parts without = are refused, at the line", () => {
    const failure = (line: string) => failureOf(() => parseDockerfile(`#!/x\n# check=${line}\nFROM x`, "f"));
    for (const [line, option] of [
      ["foo=bar", '"foo"'],
      ["skip=all;foo", '"foo"'],
      ["skip=all; error=true", '""'],
      ["Skip=all", '"Skip"'],
    ] as const)
      expect(failure(line)).toMatchObject({
        code: "DOCKERFILE_SYNTAX",
        message: `failed to parse check options: invalid check option ${option}`,
        source: { file: "f", start: 2, end: 2 },
      });
    expect(failure("error=maybe").message).toBe(
      'failed to parse check options: failed to parse check option "error=maybe": strconv.ParseBool: parsing "maybe": invalid syntax',
    );
  });

  it("LN-02: the build argument replaces the line entirely, even with nothing", () => {
    expect(rules(`# check=skip=all\n${SAMPLE}`, "")).toEqual(["MaintainerDeprecated"]);
    expect(rules(`# check=bogus\n${SAMPLE}`, "skip=A; error=true ; experimental= all")).toEqual([
      "InvalidDefinitionDescription",
      "MaintainerDeprecated",
    ]);
    const error = failureOf(() => parseDockerfile("", "f", { check: "foo=1" }));
    expect([error.code, error.message]).toEqual([
      "USAGE",
      'failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option "foo"',
    ]);
  });

  it("LX-17, LX-15: it counts below a shebang and a byte-order mark, but not when indented or after another comment", () => {
    for (const line of ["#!/bin/x\n# check=skip=all", "\ufeff#check=skip=all", "# CHECK = skip=all \r"])
      expect(rules(`${line}\n${SAMPLE}`)).toEqual([]);
    for (const line of [" # check=skip=all", "# other\n# check=skip=all", "\n# check=skip=all"])
      expect(rules(`${line}\n${SAMPLE}`)).toEqual(["MaintainerDeprecated"]);
  });

  it("LX-18: only its first word counts", () => {
    expect(rules(`# check=skip=Bogus skip=all\n${SAMPLE}`)).toEqual(["MaintainerDeprecated"]);
  });

  it("PO-02: it is read ahead of everything else", () => {
    for (const rest of ["", "# check=skip=all\nFROM x", "# escape=x\nFROM x", "RUN --bogus"])
      expect(failureOf(() => parseDockerfile(`# check=bogus\n${rest}`, "f")).message).toBe(
        'failed to parse check options: invalid check option "bogus"',
      );
    expect(failureOf(() => parseDockerfile("# check=a\n\n# check=b\nFROM x", "f")).message).toContain(
      'invalid check option "a"',
    );
  });
});

describe("a check comment above an instruction", () => {
  it("LN-03: adds to the settings for that instruction alone", () => {
    const text =
      "FROM x\n# check=skip=MaintainerDeprecated\nMAINTAINER a\nMAINTAINER b\n# check=skip=all\nMAINTAINER c\n# check=experimental=all\nARG A";
    expect(parseDockerfile(text, "f").warnings.map(({ source }) => source.start)).toEqual([4, 8]);
  });

  it("LN-03: the first one that is a check counts, with its first word", () => {
    const silenced = (comments: string) => rules(`FROM x\n${comments}\nMAINTAINER a`).length === 0;
    expect(silenced("# other\n# Check = skip=all")).toBe(true);
    expect(silenced("# check=skip=A\n# check=skip=all")).toBe(false);
    expect(silenced("# check=skip=A all")).toBe(false);
    expect(silenced("# check=skip=all\n#")).toBe(false);
  });

  it("LN-03: what cannot be read adds nothing, and error has no effect", () => {
    expect(rules("FROM x\n# check=bogus\nMAINTAINER a")).toEqual(["MaintainerDeprecated"]);
    const file = parseDockerfile("FROM x\n# check=error=true\nMAINTAINER a", "f");
    expect([file.lint.fatal, file.warnings.length]).toEqual([false, 1]);
  });

  it("LN-03: silences empty continuation lines and casing, too", () => {
    expect(
      rules("FROM x\n# check=skip=NoEmptyContinuation,ConsistentInstructionCasing\nrun a \\\n\n b"),
    ).toEqual([]);
  });
});

describe("findings", () => {
  it("LN-01: every rule but one has a page", () => {
    expect(ruleUrl("JSONArgsRecommended")).toBe(
      "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
    );
    expect(ruleUrl("SecretsUsedInArgOrEnv")).toMatch(/\/secrets-used-in-arg-or-env\/$/);
    expect(ruleUrl("InvalidBaseImagePlatform")).toBeUndefined();
  });

  it("LN-04: fatal ones are named once each, in order", () => {
    const place = { source: { file: "f", start: 1, end: 1 }, comments: [] };
    const linter = new Linter();
    for (const rule of ["UndefinedVar", "FromAsCasing", "UndefinedVar"] as const)
      linter.warn(rule, "", place);
    const settings = { ...parseDockerfile("FROM x", "f").lint, fatal: true };
    expect(failureOf(() => refuseFindings(settings, linter.warnings))).toMatchObject({
      code: "LINT_FAILED",
      message: "lint violation found for rules: UndefinedVar, FromAsCasing",
    });
    refuseFindings({ ...settings, fatal: false }, linter.warnings);
    refuseFindings(settings, []);
  });
});
