import { describe, expect, it } from "vitest";
import { dumpAst } from "../../src/dockerfile/ast.ts";
import { parseAst } from "../../src/dockerfile/parse-ast.ts";

const dump = (text: string) => dumpAst(parseAst(text, "Dockerfile"));

describe("AST dumps", () => {
  it.each([
    ["FROM alpine AS b", '(from "alpine" "AS" "b")'],
    ["RUN echo a  b", '(run "echo a  b")'],
    ['RUN ["a", "b\\n"]', '(run "a" "b\\n")'],
    ["RUN ['a']", `(run "['a']")`],
    ["CMD []", "(cmd)"],
    ['ENV a=1 b="x y"', '(env "a" "1" "=" "b" "\\"x y\\"" "=")'],
    ["ENV a  b  c", '(env "a" "b  c" "")'],
    ["COPY --from=x --chown='a b' s d", '(copy ["--from=x" "--chown=a b"] "s" "d")'],
    ['HEALTHCHECK --interval=5s CMD ["t"]', '(healthcheck ["--interval=5s"] "CMD" "t")'],
    ["ONBUILD RUN x", '(onbuild (run "x"))'],
    ["RUN a \\\n# c\n  b", '(run "a   b")'],
    ['ARG a b=c d="e f"', '(arg "a" "b=c" "d=\\"e f\\"")'],
    ['VOLUME /a "/b c"', '(volume "/a" "\\"/b" "c\\"")'],
  ])("A.1, LX-28: %s", (text, expected) => {
    expect(dump(text)).toBe(`${expected}\n`);
  });

  it("LX-28: a file has one line per instruction", () => {
    expect(dump("FROM a\n\nRUN b\n")).toBe('(from "a")\n(run "b")\n');
  });

  it("LX-28: text is quoted as Go quotes it", () => {
    expect(dump('RUN "\t\u0007é\u00a0\u200b😀\\"')).toBe('(run "\\"\\t\\aé\\u00a0\\u200b😀\\\\\\"")\n');
    expect(dump("RUN a\u0001\u007f")).toBe('(run "a\\x01\\x7f")\n');
  });

  it("LX-28: bytes that are not UTF-8 show as bytes", () => {
    const bytes = Uint8Array.of(...Buffer.from("RUN a"), 0xff, 0xc3);
    expect(dumpAst(parseAst(bytes, "Dockerfile"))).toBe('(run "a\\xff\\xc3")\n');
  });

  it("LX-28: ONBUILD shows the flags of the instruction inside", () => {
    expect(dump("ONBUILD COPY --from=a b c")).toBe('(onbuild (copy ["--from=a"] "b" "c"))\n');
    expect(dump("onbuild")).toBe("(onbuild)\n");
  });
});

describe("continuation and comments", () => {
  it("A2-1, LX-21: a double escape does not continue the line", () => {
    expect(dump("RUN a \\\\\nRUN b")).toBe('(run "a \\\\\\\\")\n(run "b")\n');
    expect(dump("RUN a \\\\\\\nRUN b")).toBe('(run "a \\\\\\\\\\\\")\n(run "b")\n');
  });

  it("A2-2, LX-09: a blank line inside an instruction is skipped with a warning", () => {
    const ast = parseAst("FROM x\nRUN a \\\n\n\nb\nRUN c\n", "Dockerfile");
    expect(dumpAst(ast)).toBe('(from "x")\n(run "a b")\n(run "c")\n');
    expect(ast.warnings).toEqual([
      { message: "Empty continuation line found in: RUN a b", line: 5, comments: [] },
    ]);
  });

  it("A2-3, LX-08: a comment line inside an instruction vanishes without a warning", () => {
    const ast = parseAst("RUN a \\\n  # c \\\nb\nRUN d", "Dockerfile");
    expect(dumpAst(ast)).toBe('(run "a b")\n(run "d")\n');
    expect(ast.warnings).toEqual([]);
    expect(ast.nodes[1]?.comments).toEqual([]);
  });

  it("A2-4, LX-23: the escape directive moves continuation to the backtick", () => {
    expect(dump("# escape=`\nFROM x\nRUN a `\nb\nRUN C:\\\nRUN d")).toBe(
      '(from "x")\n(run "a b")\n(run "C:\\\\")\n(run "d")\n',
    );
  });

  it("A2-5: directives follow each other, and a blank line ends them", () => {
    const together = parseAst("#syntax=a\n#escape=`\n#check=skip=all\nFROM x", "Dockerfile");
    expect(together.directives).toEqual({ syntax: "a", escape: "`", check: "skip=all" });
    const apart = parseAst("#syntax=a\n\n#escape=`\n#check=skip=all\nFROM x", "Dockerfile");
    expect(apart.directives).toEqual({ syntax: "a" });
    expect(apart.escape).toBe("\\");
  });

  it("A2-6, LX-12: an unknown directive ends the zone", () => {
    const ast = parseAst("# foo=bar\n# escape=`\nFROM x", "Dockerfile");
    expect(ast.escape).toBe("\\");
    expect(ast.nodes[0]?.comments).toEqual(["foo=bar", "escape=`"]);
  });
});
