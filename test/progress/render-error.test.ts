import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import { renderError } from "../../src/progress/render-error.ts";

const DOCKERFILE = 'FROM debian\n\nRUN <<EOF\nmake\nEOF\nCOPY a b\nUSER app\nCMD ["app"]\n';
const SOURCES = new Map([["Dockerfile", DOCKERFILE]]);

describe("an error as the user sees it", () => {
  it("PO-07: marks every line of the instruction and shows two lines around it", () => {
    const error = new SlipwayError("RUN_FAILED", 'process "/bin/sh -c make" ended with exit code 2', {
      source: { file: "Dockerfile", start: 3, end: 5 },
      hint: "run the command by hand in the stage's base image",
      facts: { exitCode: 2, output: "make: *** No targets.\n\u001b[2Jhidden\n" },
    });
    expect(renderError(error, SOURCES)).toBe(`Dockerfile:3
--------------------
   1 |     FROM debian
   2 |
   3 | >>> RUN <<EOF
   4 | >>> make
   5 | >>> EOF
   6 |     COPY a b
   7 |     USER app
--------------------
last lines of output:
  make: *** No targets.
  hidden
--------------------
ERROR: process "/bin/sh -c make" ended with exit code 2 (RUN_FAILED)
  hint: run the command by hand in the stage's base image
`);
  });

  it("PO-07: leaves out the middle of a heredoc of many lines, and of an empty file everything but its name", () => {
    const text = `FROM a\nRUN <<E\n${"x\n".repeat(100)}E\nUSER b\n`;
    const long = new SlipwayError("RUN_FAILED", "no", { source: { file: "Dockerfile", start: 2, end: 103 } });
    const shown = renderError(long, new Map([["Dockerfile", text]])).split("\n");
    expect(shown.slice(2, 5)).toEqual(["   1 |     FROM a", "   2 | >>> RUN <<E", "   3 | >>> x"]);
    expect(shown.slice(14, 19)).toEqual([
      "  13 | >>> x",
      "     | >>> … 89 lines more",
      " 103 | >>> E",
      " 104 |     USER b",
      "--------------------",
    ]);
    const empty = new SlipwayError("DOCKERFILE_EMPTY", "empty", { source: { file: "f", start: 1, end: 1 } });
    expect(renderError(empty, new Map([["f", ""]]))).toBe("f:1\nERROR: empty (DOCKERFILE_EMPTY)\n");
  });

  it("DI-05: shows the line of a file that is no Dockerfile, where the error brings it along", () => {
    const error = new SlipwayError("IGNORE_PATTERN_INVALID", "syntax error", {
      source: { file: ".dockerignore", start: 2, end: 2 },
      facts: { sourceText: "a\n[b\n" },
    });
    expect(renderError(error, SOURCES)).toContain("   1 |     a\n   2 | >>> [b\n");
  });

  it("makes control characters of names visible, so that no name looks like another", () => {
    const error = new SlipwayError("DOCKERFILE_SYNTAX", "unknown instruction: \u001b[31mRUN\u009b0m\u202e", {
      source: { file: "a\u001b]0;title\u0007", start: 1, end: 1 },
      hint: "\u0008\u001b[2J",
      cause: new Error("\u001b[1m"),
    });
    expect(renderError(error, SOURCES)).toBe(
      "a\\x1b]0;title\\x07:1\nERROR: unknown instruction: \\x1b[31mRUN\\x9b0m\\u202e (DOCKERFILE_SYNTAX)\n  because: \\x1b[1m\n  hint: \\x08\\x1b[2J\n",
    );
  });

  it("SG-04: shows every instruction of a circle", () => {
    const at = (line: number) => ({ file: "Dockerfile", start: line, end: line });
    const error = new SlipwayError("STAGE_CYCLE", "circular", {
      source: at(1),
      facts: { locations: [at(1), at(8)] },
    });
    const shown = renderError(error, SOURCES);
    expect([...shown.matchAll(/^ *(\d+) \| >>>/gm)].map((match) => match[1])).toEqual(["1", "8"]);
    expect(shown).toContain("Dockerfile:8\n");
  });

  it("PO-07: stays inside the file at its first and last line", () => {
    const at = (line: number) =>
      renderError(
        new SlipwayError("INSTRUCTION_INVALID", "bad", {
          source: { file: "Dockerfile", start: line, end: line },
        }),
        SOURCES,
      ).split("\n");
    expect(at(1).slice(2, 5)).toEqual(["   1 | >>> FROM debian", "   2 |", "   3 |     RUN <<EOF"]);
    expect(at(8).slice(2, 6)).toEqual([
      "   6 |     COPY a b",
      "   7 |     USER app",
      '   8 | >>> CMD ["app"]',
      "-".repeat(20),
    ]);
  });

  it("names the place alone where the text is not at hand", () => {
    const error = new SlipwayError("DOCKERFILE_SYNTAX", "unknown instruction: FORM", {
      source: { file: "other", start: 4, end: 4 },
    });
    expect(renderError(error, SOURCES)).toBe(
      "other:4\nERROR: unknown instruction: FORM (DOCKERFILE_SYNTAX)\n",
    );
  });

  it("tells the causes that the message does not", () => {
    const refused = new Error("connect ECONNREFUSED 127.0.0.1:5000");
    const cause = new Error("fetch failed", { cause: refused });
    const error = new SlipwayError("REGISTRY_UNREACHABLE", "registry 127.0.0.1:5000 does not answer", {
      cause,
    });
    expect(
      renderError(error, new Map()),
    ).toBe(`ERROR: registry 127.0.0.1:5000 does not answer (REGISTRY_UNREACHABLE)
  because: fetch failed
  because: connect ECONNREFUSED 127.0.0.1:5000
`);
  });

  it("shows the last ten lines of output", () => {
    const output = Array.from({ length: 12 }, (_, n) => `line ${n}`).join("\n");
    const lines = renderError(new SlipwayError("RUN_FAILED", "bad", { facts: { output } }), new Map()).split(
      "\n",
    );
    expect(lines.slice(0, 3)).toEqual(["last lines of output:", "  line 2", "  line 3"]);
    expect(lines.slice(10)).toEqual(["  line 11", "-".repeat(20), "ERROR: bad (RUN_FAILED)", ""]);
  });

  it("leaves a cause out that only repeats the message", () => {
    const error = new SlipwayError("DISK_FULL", "cannot write: ENOSPC", { cause: new Error("ENOSPC") });
    expect(renderError(error, new Map())).toBe("ERROR: cannot write: ENOSPC (DISK_FULL)\n");
  });

  it("puts the code at the end of a message of several lines", () => {
    const error = new SlipwayError("RUN_FAILED", "process <<EOF\nmake\nEOF\nended with exit code 2\n");
    expect(renderError(error, new Map())).toBe(
      "ERROR: process <<EOF\n  make\n  EOF\n  ended with exit code 2 (RUN_FAILED)\n",
    );
  });

  it("cuts long lines of the file and shows their control characters", () => {
    const source = { file: "Dockerfile", start: 1, end: 1 };
    const error = new SlipwayError("DOCKERFILE_SYNTAX", "bad", { source });
    const shown = (text: string) => renderError(error, new Map([["Dockerfile", text]])).split("\n")[2];
    expect(shown("RUN \u001b[31mred\u0007\u001b[2J")).toBe("   1 | >>> RUN \\x1b[31mred\\x07\\x1b[2J");
    expect(shown("é".repeat(200))).toBe(`   1 | >>> ${"é".repeat(200)}`);
    expect(shown("é".repeat(500_000))).toBe(`   1 | >>> ${"é".repeat(200)}…`);
  });
});
