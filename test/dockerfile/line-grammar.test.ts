import { describe, expect, it } from "vitest";
import { dumpAst } from "../../src/dockerfile/ast.ts";
import { splitQuoted } from "../../src/dockerfile/key-values.ts";
import { parseAst } from "../../src/dockerfile/parse-ast.ts";
import { failureOf } from "./failure-of.ts";

const ast = (text: string) => parseAst(text, "Dockerfile");
const dump = (text: string) => dumpAst(ast(text)).trimEnd();
const problem = (text: string) => {
  const { code, message, source } = failureOf(() => ast(text));
  return [code, message, source && [source.start, source.end]];
};

describe("bytes, lines, comments", () => {
  it("LX-01: one byte-order mark is dropped, at the very start only", () => {
    expect(dump("\ufeffFROM a\nRUN b")).toBe('(from "a")\n(run "b")');
    expect(parseAst(Uint8Array.of(0xef, 0xbb, 0xbf, ...Buffer.from("FROM a")), "f").nodes[0]?.value).toBe(
      "FROM",
    );
    expect(ast("\nFROM a\n\ufeffRUN b").nodes[1]?.value).toBe("\ufeffRUN");
  });

  it("LX-02: lines end at LF, and CRLF files work", () => {
    expect(dump("FROM a\r\nRUN b \\\r\n  c\r\n")).toBe('(from "a")\n(run "b   c")');
    expect(ast("FROM a\rRUN b").nodes).toHaveLength(1);
  });

  it("LX-03: a line may have 65535 bytes", () => {
    const line = (bytes: number) => `RUN ${"a".repeat(bytes - 4)}`;
    expect(ast(`FROM x\n${line(65_535)}\nRUN y`).nodes).toHaveLength(3);
    const message = "dockerfile line greater than max allowed size of 65535";
    expect(problem(`FROM x\n${line(65_536)}`)).toEqual(["DOCKERFILE_SYNTAX", message, [2, 2]]);
    expect(problem(`FROM x\nRUN ${"é".repeat(32_766)}`)).toEqual(["DOCKERFILE_SYNTAX", message, [2, 2]]);
    expect(problem(`FROM x\nRUN <<E\n${line(70_000)}\nE`)).toEqual(["DOCKERFILE_SYNTAX", message, [3, 3]]);
    expect(problem(`FROM x\nRUN a \\\n${line(70_000)}`)).toEqual(["DOCKERFILE_SYNTAX", message, [3, 3]]);
    expect(problem(`# c\n${line(70_000)}`)).toEqual([
      "DOCKERFILE_EMPTY",
      "file with no instructions",
      [1, 1],
    ]);
  });

  it("LX-04: only the first line of an instruction loses its leading space", () => {
    expect(dump(" \t\u2003FROM a\n  RUN a\\\n  b")).toBe('(from "a")\n(run "a  b")');
  });

  it("LX-05: # begins a comment at the start of a line only", () => {
    expect(dump("  # c\nRUN a # b")).toBe('(run "a # b")');
  });

  it("LX-06: comments go to the instruction below", () => {
    const text = "FROM x\n# gone\n#\n#  one \n\n  # two\nRUN a\n# three\nRUN b";
    expect(ast(text).nodes.map((node) => node.comments)).toEqual([[], ["one", "# two"], ["three"]]);
  });

  it("LX-10: the end of the file ends a continued instruction", () => {
    expect(dump("RUN a \\")).toBe('(run "a")');
    expect(ast("RUN a \\\n# c\n\n").nodes[0]).toMatchObject({ args: ["a"], start: 1, end: 3 });
  });
});

describe("continuation", () => {
  it("LX-20: blanks behind the escape go with it, and nothing is put between", () => {
    expect(dump("RUN a\\ \t \nb")).toBe('(run "ab")');
    expect(dump("RUN a \\x\nRUN b")).toBe('(run "a \\\\x")\n(run "b")');
  });

  it("LX-21: two or three escapes do not continue", () => {
    expect(dump("RUN a\\\\\nRUN b\\\\\\\nRUN c").split("\n")).toHaveLength(3);
  });

  it("LX-22: a line that is only the escape adds nothing and continues", () => {
    expect(dump("\\\nRUN a \\\n\\\nb")).toBe('(run "a b")');
    expect(ast("\\\nRUN a").nodes[0]).toMatchObject({ start: 1, end: 2, original: "RUN a" });
  });
});

describe("flags and arguments", () => {
  it("LX-24: the keyword ends at the first blank and keeps its case", () => {
    expect(ast("RuN\t\v\fa  b ").nodes[0]).toMatchObject({ value: "RuN", args: ["a  b"] });
    expect(ast("RUN").nodes[0]).toMatchObject({ value: "RUN", args: [], original: "RUN" });
  });

  it.each([
    ["COPY --a --b=c d e", ["--a", "--b=c"], ["d", "e"]],
    ["COPY --a='b c'\"d e\"f g h", ["--a=b cd ef"], ["g", "h"]],
    ["COPY --a='it\\'s' --b=\\ c g h", ["--a=it's", "--b= c"], ["g", "h"]],
    ['COPY --a="x\\"y" \'--b\' h', ['--a=x"y'], ["'--b'", "h"]],
    ["COPY -- --a b", [], ["--a", "b"]],
    ["COPY --a -- --b c", ["--a"], ["--b", "c"]],
    ["COPY -a --b", [], ["-a", "--b"]],
    ["COPY --a=é\u00a0b c d", ["--a=é"], ["b", "c", "d"]],
    ["COPY --a='b c", ["--a=b c"], []],
  ])("LX-25: %s", (text, flags, args) => {
    const [node] = ast(text).nodes;
    expect([node?.flags, node?.args]).toEqual([flags, args]);
  });

  it("LX-25: the escape in force is what makes a character literal", () => {
    expect(ast("# escape=`\nRUN --a=\\` b c").nodes[0]).toMatchObject({ flags: ["--a=\\ b"], args: ["c"] });
  });

  it("LX-26: an unknown command parses", () => {
    expect(dump("FOO --a b c")).toBe('(foo ["--a"])');
  });

  it("LX-27: a node knows its lines and its text", () => {
    const [, node] = ast("# c\nFROM x\n\nCOPY --a=b <<E \\\n /d \n1\nE\nRUN y").nodes;
    expect(node).toMatchObject({
      value: "COPY",
      original: "COPY --a=b <<E  /d ",
      flags: ["--a=b"],
      args: ["<<E", "/d"],
      json: false,
      start: 4,
      end: 7,
    });
  });

  it.each([
    ['RUN [ "a" , "b" ]', true, ["a", "b"]],
    ['RUN ["\\u0041\\n\\"", "é"]', true, ['A\n"', "é"]],
    ["RUN []", true, []],
    ['RUN ["a\\d"]', false, ['["a\\d"]']],
    ["RUN ['a']", false, ["['a']"]],
    ['RUN ["a"', false, ['["a"']],
    ['RUN ["a"] b', false, ['["a"] b']],
    ['RUN ["a\tb"]', false, ['["a\tb"]']],
    ["RUN [ -f x ] && y", false, ["[ -f x ] && y"]],
    ['COPY ["a b", "c"]', true, ["a b", "c"]],
    ['COPY ["a b", c]', false, ['["a', 'b",', "c]"]],
  ])("LX-29, LX-30: %s", (text, json, args) => {
    expect(ast(text).nodes[0]).toMatchObject({ json, args });
  });

  it.each(['["a", 1]', '[["a"]]', "[null]", "[{}]", '["a", true]'])("LX-29: %s is an error", (text) => {
    expect(problem(`FROM x\nRUN ${text}`)).toEqual([
      "DOCKERFILE_SYNTAX",
      "when using JSON array syntax, arrays must be comprised of strings only",
      [2, 2],
    ]);
  });

  it.each([
    ["ARG a='b c' \"d\"e f\\ g", ["a='b c'", '"d"e', "f\\ g"]],
    ["ARG '' \"\"", ["''", '""']],
    ['ARG a=\'b\\\' c"d\\" e"', ["a='b\\'", 'c"d\\" e"']],
    ['ARG a\\"b c', ['a\\"b', "c"]],
    ["ARG a\u2003b", ["a", "b"]],
    ['ARG a="b c', ['a="b c']],
  ])("LX-31, LX-32: %s", (text, args) => {
    expect(ast(text).nodes[0]?.args).toEqual(args);
  });

  it("LX-31: a final escape is discarded", () => {
    expect(splitQuoted("a b\\", "\\")).toEqual(["a", "b"]);
    expect(splitQuoted("a \\", "\\")).toEqual(["a"]);
    expect(splitQuoted("a\\ `", "`")).toEqual(["a\\"]);
  });

  it.each([
    ["ENV a=1 b='x y' c=", ["a", "1", "=", "b", "'x y'", "=", "c", "", "="]],
    ["ENV a b=c  d", ["a", "b=c  d", ""]],
    ["ENV a=b=c", ["a", "b=c", "="]],
    ["LABEL \"a b\"='c d'", ['"a b"', "'c d'", "="]],
  ])("LX-33: %s", (text, args) => {
    expect(ast(text).nodes[0]?.args).toEqual(args);
  });

  it("LX-33: what is not a pair is an error", () => {
    expect(problem("FROM x\nENV a")).toEqual(["DOCKERFILE_SYNTAX", "ENV must have two arguments", [2, 2]]);
    expect(problem("label a")).toEqual(["DOCKERFILE_SYNTAX", "LABEL must have two arguments", [1, 1]]);
    expect(problem("ENV a=1 \\\n b")).toEqual([
      "DOCKERFILE_SYNTAX",
      'Syntax error - can\'t find = in "b". Must be of the form: name=value',
      [1, 2],
    ]);
  });
});
