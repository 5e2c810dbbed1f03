import { describe, expect, it } from "vitest";
import { scanDirectives } from "../../src/dockerfile/directives.ts";
import { parseAst } from "../../src/dockerfile/parse-ast.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const parsed = (text: string) => parseAst(text, "Dockerfile").directives;

describe("parser directives", () => {
  it.each([
    ["# escape = `  \r\nFROM x", { escape: "`" }],
    ["#EsCaPe=`\nFROM x", { escape: "`" }],
    ["#\t syntax =\ta b=c \nFROM x", { syntax: "a b=c" }],
    ["  \t# escape=`\nFROM x", { escape: "`" }],
    ["\ufeff# escape=`\nFROM x", { escape: "`" }],
    ["# escape=\nFROM x", {}],
    ["# 1escape=`\nFROM x", {}],
    ["## escape=`\nFROM x", {}],
    ["# escape `\nFROM x", {}],
  ])("LX-11, LX-15: %j", (text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  it.each(["", "  ", "# a comment", "# unknown=1", "FROM y", "#!/bin/sh"])(
    "LX-12: the zone ends at a line such as %j",
    (line) => {
      expect(parsed(`# syntax=a\n${line}\n# escape=\`\nFROM x`)).toEqual({ syntax: "a" });
    },
  );

  it("LX-13: a directive may be given once", () => {
    const error = failureOf(() => parsed("# check=skip=all\n# Check=skip=all\nFROM x"));
    expect([error.code, error.message]).toEqual([
      "DOCKERFILE_SYNTAX",
      "only one check parser directive can be used",
    ]);
  });

  it("LX-14: only a backslash or a backtick can be the escape", () => {
    expect(parsed("# escape=\\\nFROM x")).toEqual({ escape: "\\" });
    expect(failureOf(() => parsed("# escape=``\nFROM x")).message).toBe(
      "invalid escape token '``' does not match ` or \\",
    );
  });

  it("LX-16: the error of a directive is located at its line", () => {
    const error = failureOf(() => parsed("# syntax=a\n# escape=x\nFROM x"));
    expect(error.source).toEqual({ file: "Dockerfile", start: 2, end: 2 });
  });

  it("LX-06: a directive is no comment of the instruction below", () => {
    expect(parseAst("# syntax=a\n# b\nFROM x", "Dockerfile").nodes[0]?.comments).toEqual(["b"]);
  });
});

describe("the raw scan", () => {
  it("LX-17: a shebang line is skipped and counts", () => {
    expect(
      scanDirectives("\ufeff#!/usr/bin/x\n# syntax=a/b:1 c d\r\n# check=skip=all;error=true x\n"),
    ).toEqual({
      syntax: { value: "a/b:1 c d", reference: "a/b:1", line: 2 },
      check: { value: "skip=all;error=true", line: 3 },
    });
  });

  it("LX-17: escape below a shebang counts for nothing, syntax and check do", () => {
    const file = parseDockerfile("#!/x\n# check=skip=all\n# escape=`\nFROM x\nRUN a `\n", "Dockerfile");
    expect(file.directives).toEqual({ check: "skip=all" });
    expect(file.escape).toBe("\\");
  });

  it("LX-17: syntax, but not check, may follow two slashes", () => {
    expect(scanDirectives("// check=skip=all\n// syntax=a\n")).toEqual({
      syntax: { value: "a", reference: "a", line: 2 },
    });
    expect(scanDirectives("#!/x\n//syntax=a")).toEqual({ syntax: { value: "a", reference: "a", line: 2 } });
  });

  it("LX-17: syntax may be a member of a JSON object", () => {
    expect(scanDirectives('{\n "syntax": "a b", "other": [1]}').syntax).toEqual({
      value: "a b",
      reference: "a",
      line: 1,
    });
    for (const text of ['{"syntax": 1}', '["syntax"]', '{"syntax": "a"', "null"])
      expect(scanDirectives(text)).toEqual({});
  });

  it("LX-15: an indented directive does not count here", () => {
    expect(scanDirectives(" # syntax=a\n")).toEqual({});
  });

  it("LX-17: of two alike the first counts here; the parser refuses them", () => {
    expect(scanDirectives("# check=a\n# check=b\n# syntax=c")).toEqual({
      check: { value: "a", line: 1 },
      syntax: { value: "c", reference: "c", line: 3 },
    });
    expect(scanDirectives("# escape=x\n# check=a").check).toEqual({ value: "a", line: 2 });
    expect(scanDirectives("")).toEqual({});
  });

  it("LX-18: the first word of syntax is the reference, the first word of check is all of it", () => {
    expect(scanDirectives(Buffer.from("# syntax=a b\n# check=c d\n"))).toEqual({
      syntax: { value: "a b", reference: "a", line: 1 },
      check: { value: "c", line: 2 },
    });
  });
});
