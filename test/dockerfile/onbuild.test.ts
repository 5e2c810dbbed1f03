import { describe, expect, it } from "vitest";
import type { OnbuildInstruction } from "../../src/dockerfile/instructions.ts";
import { parseOnbuildTrigger } from "../../src/dockerfile/onbuild-trigger.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const AT = { file: "Dockerfile", start: 3, end: 3 };
const parse = (text: string) =>
  parseDockerfile(`FROM x\n${text}`, "f").stages[0]!.instructions[0] as OnbuildInstruction;
const problem = (line: string) =>
  failureOf(() => parse(line)).message.replace("dockerfile parse error on line 2: ", "");

describe("ONBUILD", () => {
  it("OB-01, OB-02: keeps the text behind the keyword, flags and JSON included", () => {
    expect(parse('onbuild \t COPY --from=a ["b", "c"]').trigger).toBe('COPY --from=a ["b", "c"]');
    expect(parse("ONBUILD RUN a \\\n  b").trigger).toBe("RUN a   b");
    expect(parse("ONBUILD bogus a").trigger).toBe("bogus a");
  });

  it.each([
    ["ONBUILD onbuild RUN a", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
    ["ONBUILD from a", "FROM isn't allowed as an ONBUILD trigger"],
    ["ONBUILD MAINTAINER a", "MAINTAINER isn't allowed as an ONBUILD trigger"],
  ])("OB-01: %s", (line, message) => {
    expect(problem(line)).toBe(message);
  });

  it("OB-01: the line inside is read at once", () => {
    expect(problem("ONBUILD ENV a")).toBe("ENV must have two arguments");
    expect(problem('ONBUILD RUN ["a", 1]')).toBe(
      "when using JSON array syntax, arrays must be comprised of strings only",
    );
  });

  it("OB-01: endless nesting does not exhaust the stack", () => {
    expect(problem("ONBUILD \\\n".repeat(100_000))).toBe(
      "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
    );
  });

  it("LX-45: heredocs are stored with the text and come back the same", () => {
    const { trigger, source } = parse("ONBUILD COPY <<-A <<'B' /d/\n\t1\n\tA\n$x\nB\nRUN y");
    expect(trigger).toBe("COPY <<-A <<'B' /d/\n\t1\nA\n$x\nB");
    expect(source).toEqual({ file: "f", start: 2, end: 6 });
    expect(parseOnbuildTrigger(trigger, AT)).toMatchObject({
      kind: "COPY",
      heredocs: [
        { name: "A", content: "\t1\n", chomp: true, expand: true },
        { name: "B", content: "$x\n", chomp: false, expand: false },
      ],
      destination: "/d/",
    });
  });
});

describe("stored triggers", () => {
  it("OB-06: one instruction, located at the FROM that fires it", () => {
    expect(parseOnbuildTrigger("RUN a", AT)).toMatchObject({ kind: "RUN", text: "RUN a", source: AT });
  });

  it.each(["", " \n", "# c", "RUN a\nRUN b"])("OB-06: %j is not a single expression", (text) => {
    const error = failureOf(() => parseOnbuildTrigger(text, AT));
    expect([error.code, error.message, error.source]).toEqual([
      "INSTRUCTION_INVALID",
      "onbuild trigger should be a single expression",
      AT,
    ]);
  });

  it.each([
    ["BOGUS a", "DOCKERFILE_SYNTAX", "unknown instruction: BOGUS"],
    ["FROM a", "INSTRUCTION_INVALID", "FROM isn't allowed as an ONBUILD trigger"],
    ["ONBUILD RUN a", "INSTRUCTION_INVALID", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
    ["RUN <<E\nx", "DOCKERFILE_SYNTAX", "unterminated heredoc"],
    ["COPY a", "INSTRUCTION_INVALID", /^COPY requires at least two arguments/],
  ])("OB-01, OB-06: %j fails at the FROM", (text, code, message) => {
    const error = failureOf(() => parseOnbuildTrigger(text, AT));
    expect(error).toMatchObject({ code, source: AT, facts: { trigger: text } });
    expect(error.message).toMatch(message);
  });

  it("OB-07: the default escape counts, whatever the text says", () => {
    expect(parseOnbuildTrigger("# escape=`\nRUN a \\\nb", AT)).toMatchObject({ text: "RUN a b" });
  });
});
