import { describe, expect, it } from "vitest";
import { docComment } from "../../src/dockerfile/doc-comment.ts";
import type { LintWarning } from "../../src/dockerfile/linter.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const parse = (text: string) => parseDockerfile(text, "Dockerfile");
const problem = (text: string) => {
  const { code, message, source } = failureOf(() => parse(text));
  return [code, message, source && [source.start, source.end]];
};
const findings = (text: string) =>
  parse(text).warnings.map(({ rule, message, source }) => [rule, message, source.start, source.end]);

describe("a whole Dockerfile", () => {
  it("PO-03: nothing to build", () => {
    expect(problem("")).toEqual(["DOCKERFILE_EMPTY", "the Dockerfile cannot be empty", [1, 1]]);
    expect(problem("# c\n\n")).toEqual(["DOCKERFILE_EMPTY", "file with no instructions", [2, 2]]);
    expect(problem("\ufeff")).toEqual(["DOCKERFILE_EMPTY", "file with no instructions", [1, 1]]);
    expect(problem("ARG a\nARG b")).toEqual([
      "DOCKERFILE_SYNTAX",
      "dockerfile contains no stages to build",
      [2, 2],
    ]);
  });

  it("PO-03: nothing but ARG comes before the first FROM", () => {
    expect(problem("ARG a\nRUN b \\\n c\nFROM x")).toEqual([
      "DOCKERFILE_SYNTAX",
      "no build stage in current context",
      [2, 3],
    ]);
  });

  it("PO-04: errors of phase A come first and have no prefix", () => {
    expect(problem("FROM x\nBOGUS\nENV a")).toEqual([
      "DOCKERFILE_SYNTAX",
      "ENV must have two arguments",
      [3, 3],
    ]);
  });

  it("PO-04, PO-07: errors of phase B name the first line and carry the range, in any stage", () => {
    expect(problem("FROM x\n\nCOPY --bogus <<E \\\n /d\n1\nE\nFROM y")).toEqual([
      "INSTRUCTION_INVALID",
      "dockerfile parse error on line 3: unknown flag: --bogus",
      [3, 6],
    ]);
    expect(problem("FROM x\nFROO y")).toEqual([
      "DOCKERFILE_SYNTAX",
      "dockerfile parse error on line 2: unknown instruction: FROO (did you mean FROM?)",
      [2, 2],
    ]);
  });

  it("gives global ARGs, stages and directives", () => {
    const file = parse(
      "\ufeff# syntax=docker/dockerfile:1 b\n# escape=`\nARG V=1\nFROM a AS b\nARG V\nRUN x\nFROM b\n",
    );
    expect(file.globalArgs.map(({ args }) => args)).toEqual([[{ key: "V", value: "1" }]]);
    expect(
      file.stages.map(({ from, instructions }) => [
        from.image,
        from.stageName,
        instructions.map((i) => i.kind),
      ]),
    ).toEqual([
      ["a", "b", ["ARG", "RUN"]],
      ["b", undefined, []],
    ]);
    expect(file.directives).toEqual({ syntax: "docker/dockerfile:1 b", escape: "`" });
    expect([file.file, file.escape, file.text.slice(0, 8)]).toEqual(["Dockerfile", "`", "# syntax"]);
  });

  it("LX-07: the comment that describes a name", () => {
    const { stages, globalArgs } = parse(
      "# x other\n# V is a version\n# V again\nARG V\n# web  serves\nFROM a AS Web",
    );
    expect(docComment("V", globalArgs[0]!.comments)).toBe("is a version");
    expect(docComment("web", stages[0]!.from.comments)).toBe(" serves");
    expect(docComment("V", ["V", "Version x"])).toBeUndefined();
  });
});

describe("warnings of the parser", () => {
  it("LX-09, LN-07: NoEmptyContinuation, at the last line", () => {
    expect(findings("FROM x\nRUN a \\\n\n\\\nb")).toEqual([
      ["NoEmptyContinuation", "Empty continuation line", 5, 5],
    ]);
  });

  it("StageNameCasing and FromAsCasing", () => {
    expect(findings("FROM x as Foo")).toEqual([
      ["StageNameCasing", "Stage name 'Foo' should be lowercase", 1, 1],
      ["FromAsCasing", "'as' and 'FROM' keywords' casing do not match", 1, 1],
    ]);
    expect(findings("from x AS foo")).toEqual([
      ["FromAsCasing", "'AS' and 'from' keywords' casing do not match", 1, 1],
    ]);
    expect(findings("FROM x As foo")).toEqual([
      ["FromAsCasing", "'As' and 'FROM' keywords' casing do not match", 1, 1],
    ]);
    expect(findings("FROM x AS foo")).toEqual([]);
  });

  it("MaintainerDeprecated", () => {
    expect(findings("FROM x\nMAINTAINER y\nENV a b")).toEqual([
      ["MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label", 2, 2],
    ]);
  });

  it("ReservedStageName and DuplicateStageName, ahead of casing", () => {
    expect(findings("FROM x AS scratch\nFROM x AS Context\nfrom x AS scratch").slice(1)).toEqual([
      ["FromAsCasing", "'AS' and 'from' keywords' casing do not match", 3, 3],
      ["ReservedStageName", 'Stage name should not use the same name as reserved stage "scratch"', 1, 1],
      ["ReservedStageName", 'Stage name should not use the same name as reserved stage "context"', 2, 2],
      ["ReservedStageName", 'Stage name should not use the same name as reserved stage "scratch"', 3, 3],
      ["DuplicateStageName", 'Duplicate stage name "scratch", stage names should be unique', 3, 3],
      [
        "ConsistentInstructionCasing",
        "Command 'from' should match the case of the command majority (uppercase)",
        3,
        3,
      ],
    ]);
  });

  it("ConsistentInstructionCasing: the majority wins, a tie goes to upper case", () => {
    expect(findings("from x\nrun a\nRun b\nRUN c")).toEqual([
      [
        "ConsistentInstructionCasing",
        "Command 'Run' should match the case of the command majority (lowercase)",
        3,
        3,
      ],
      [
        "ConsistentInstructionCasing",
        "Command 'RUN' should match the case of the command majority (lowercase)",
        4,
        4,
      ],
    ]);
    expect(findings("arg A\nFROM x\nrun a")).toEqual([
      [
        "ConsistentInstructionCasing",
        "Command 'run' should match the case of the command majority (uppercase)",
        3,
        3,
      ],
    ]);
  });

  it("InvalidDefinitionDescription: experimental; the last comment above, unless it begins with the name", () => {
    const described = (text: string) =>
      findings(`# check=experimental=all\nFROM x\n${text}`).map(([rule, message]) => `${rule}: ${message}`);
    const ask = (kind: string, name: string) =>
      `InvalidDefinitionDescription: Comment for ${kind} should follow the format: \`# ${name} <description>\``;
    expect(described("# what it is\nARG A")).toEqual([ask("ARG", "A")]);
    expect(described("# what it is\n\nARG A")).toEqual([ask("ARG", "A")]);
    expect(described("# A is it\n# other\nARG A=1")).toEqual([ask("ARG", "A")]);
    expect(described("# other\nARG A B")).toEqual([ask("ARG", "<arg_key>")]);
    expect(described("# A: it\nARG A")).toEqual([ask("ARG", "A")]);
    expect(described("# the stage\nFROM x AS Built")).toContain(ask("FROM", "built"));
    for (const text of ["# A is it\nARG A", "# A\nARG A", "# B is it\nARG A B", "# other\n#\nARG A"])
      expect(described(text)).toEqual([]);
    for (const text of ["# other\nFROM x", "# other\nRUN x", "# other\nONBUILD ARG A"])
      expect(described(text)).toEqual([]);
    expect(findings("FROM x\n# other\nARG A")).toEqual([]);
  });

  it("PO-08: a finding of the very instruction that is in error is told", () => {
    const heard: string[] = [];
    failureOf(() =>
      parseDockerfile("FROM x As 1Foo", "f", { onWarning: ({ rule }) => void heard.push(rule) }),
    );
    expect(heard).toEqual(["StageNameCasing", "FromAsCasing"]);
  });

  it("PO-08: warnings ahead of an error are told", () => {
    const heard: LintWarning[] = [];
    const onWarning = (warning: LintWarning) => heard.push(warning);
    failureOf(() => parseDockerfile("FROM x AS Foo\nMAINTAINER y\nBOGUS", "f", { onWarning }));
    expect(heard.map(({ rule }) => rule)).toEqual(["StageNameCasing", "MaintainerDeprecated"]);
  });
});
