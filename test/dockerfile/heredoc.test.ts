import { describe, expect, it } from "vitest";
import { appendHeredocs, chompHeredoc, parseHeredocOpener } from "../../src/dockerfile/heredoc.ts";
import type { CopyInstruction, Instruction, RunInstruction } from "../../src/dockerfile/instructions.ts";
import { parseAst } from "../../src/dockerfile/parse-ast.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const node = (text: string) => parseAst(text, "Dockerfile").nodes[0]!;
const typed = (text: string): Instruction =>
  parseDockerfile(`FROM x\n${text}`, "Dockerfile").stages[0]!.instructions[0]!;
const copy = (text: string) => typed(text) as CopyInstruction;

describe("heredocs", () => {
  it("A3-1, LX-40, LX-42: bodies follow in the order of their openers", () => {
    expect(node("COPY <<a <<b /d/\n1\na\n2\nb\nRUN c")).toMatchObject({
      heredocs: [
        { name: "a", content: "1\n", chomp: false, expand: true },
        { name: "b", content: "2\n", chomp: false, expand: true },
      ],
      start: 1,
      end: 5,
    });
    expect(parseAst("COPY <<a <<b /d/\n1\na\n2\nb\nRUN c", "f").nodes[1]).toMatchObject({ start: 6, end: 6 });
    expect(copy("COPY x <<a <<b /d/\n1\na\n2\nb\n")).toMatchObject({
      sources: ["x"],
      heredocs: [
        { name: "a", content: "1\n" },
        { name: "b", content: "2\n" },
      ],
      destination: "/d/",
    });
  });

  it("A3-2, LX-41: a body is kept as it is; its tabs go only when it is used", () => {
    const [heredoc] = node("RUN <<-E\n\t\ta\n \tb\n\t# c \\\n\t\tE\nRUN x").heredocs;
    expect(heredoc).toEqual({ name: "E", content: "\t\ta\n \tb\n\t# c \\\n", chomp: true, expand: true });
    expect(chompHeredoc(heredoc!.content)).toBe("a\n \tb\n# c \\\n");
    expect(chompHeredoc("a\r\tb\n\n\tc")).toBe("a\r\tb\n\nc");
  });

  it("A3-3, LX-39: a quote in the delimiter turns expansion off, a backslash does not", () => {
    const opener = (word: string) => parseHeredocOpener(word);
    expect(opener('<<"E"')).toMatchObject({ name: "E", expand: false });
    expect(opener("<<E")).toMatchObject({ name: "E", expand: true });
    expect(opener("<<\\E")).toMatchObject({ name: "E", expand: true });
    expect(opener("<<eo'f'")).toMatchObject({ name: "eof", expand: false });
    expect(opener("<<'one two'")).toMatchObject({ name: "one two", expand: false });
    expect(opener("<<$EOF")).toMatchObject({ name: "$EOF", expand: true });
    expect(opener("<<file.txt")).toMatchObject({ name: "file.txt", expand: true });
  });

  it("A3-4, RN-03: text and bodies make what a shell reads", () => {
    const run = typed("RUN echo <<E <<-F\nbody\nE\n\tx\n\tF") as RunInstruction;
    expect(run.command).toEqual({ form: "shell", command: "echo <<E <<-F" });
    expect(appendHeredocs("echo <<E <<-F", run.heredocs)).toBe("echo <<E <<-F\nbody\nE\n\tx\nF");
  });

  it.each([
    'RUN ["sh", "-c", "<<E"]',
    'RUN echo "<<E"',
    "CMD <<E",
    "ENV a <<E",
    "RUN a<<E",
    "RUN <<",
    "RUN <<< x",
    "RUN <<<x",
    "RUN <<-",
    "RUN it's <<E",
    "RUN ${ <<E",
  ])("A3-5, A3-6, LX-36 to LX-38: %s has no heredoc", (text) => {
    expect(node(`${text}\n`).heredocs).toEqual([]);
  });

  it("LX-38: descriptor number, dash, and blanks before the delimiter", () => {
    const { heredocs } = node("RUN cat 3<<a 4<<-b << \tc\n1\na\n\t2\n\tb\n3\nc\n");
    expect(heredocs.map(({ name, content, fd, chomp }) => [name, content, fd, chomp])).toEqual([
      ["a", "1\n", 3, false],
      ["b", "\t2\n", 4, true],
      ["c", "3\n", undefined, false],
    ]);
  });

  it("LX-23: the escape directive does not reach heredoc words", () => {
    const text = "# escape=`\nRUN <<\\E\nx\nE\n";
    expect(parseAst(text, "f").nodes[0]!.heredocs).toMatchObject([{ name: "E", content: "x\n" }]);
  });

  it("LX-40: a body without its end is an error over the rest of the file", () => {
    const error = failureOf(() => node("FROM x\nRUN <<E\na\nEE\n E\n"));
    expect([error.code, error.message, error.source]).toEqual([
      "DOCKERFILE_SYNTAX",
      "unterminated heredoc",
      { file: "Dockerfile", start: 2, end: 5 },
    ]);
  });

  it("LX-40, LX-41: CRLF ends a terminator and stays in the body", () => {
    expect(node("RUN <<E\r\na\r\n\r\nE\r\n").heredocs).toMatchObject([{ name: "E", content: "a\r\n\r\n" }]);
  });

  it("LX-43: two files with one delimiter both get the last body", () => {
    const bodies = copy("COPY <<a <<a /d/\n1\na\n2\na\n").heredocs.map(({ content }) => content);
    expect(bodies).toEqual(["2\n", "2\n"]);
    const run = typed("RUN cat <<a <<a\n1\na\n2\na\n") as RunInstruction;
    expect(run.heredocs.map(({ content }) => content)).toEqual(["1\n", "2\n"]);
  });

  it.each(["COPY", "ADD"])("A3-6, LX-44: %s does not write to a heredoc", (keyword) => {
    const error = failureOf(() => typed(`${keyword} a <<E\nx\nE`));
    expect([error.code, error.message]).toEqual([
      "INSTRUCTION_INVALID",
      `dockerfile parse error on line 2: ${keyword} cannot accept a heredoc as a destination`,
    ]);
    expect(error.source).toEqual({ file: "Dockerfile", start: 2, end: 4 });
  });

  it("LX-36: JSON arguments that look like openers are paths", () => {
    expect(copy('COPY ["<<E", "<<F"]')).toMatchObject({ sources: ["<<E"], heredocs: [], destination: "<<F" });
  });

  it("LX-39: a delimiter behind a blank is no file of COPY", () => {
    expect(copy("COPY << E /d\nx\nE")).toMatchObject({ sources: ["<<", "E"], heredocs: [] });
  });
});

it("LX-37: a line that cannot be cut into words has no heredocs", () => {
  const ast = parseAst("RUN echo 'open <<E\nRUN it\\'s <<E\nb\nE\n", "Dockerfile");
  expect(
    ast.nodes.map(({ original, heredocs }) => [original, heredocs.map(({ content }) => content)]),
  ).toEqual([
    ["RUN echo 'open <<E", []],
    ["RUN it\\'s <<E", ["b\n"]],
  ]);
});
