import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import { dumpAst } from "../../src/dockerfile/ast.ts";
import { scanDirectives } from "../../src/dockerfile/directives.ts";
import { expandHeredocBody, expandWord, expandWords } from "../../src/dockerfile/expand.ts";
import { formatGoDuration, parseGoDuration } from "../../src/dockerfile/go-duration.ts";
import { parseAst } from "../../src/dockerfile/parse-ast.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { fc } from "../support/property.ts";

/** Runs, and lets no error through but a SlipwayError that is no defect. */
function onlyUserErrors<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(SlipwayError);
    expect((error as SlipwayError).code).not.toBe("INTERNAL");
    return undefined;
  }
}

const PARTS =
  'FROM |RUN |COPY |ADD |ENV |LABEL |ARG |ONBUILD |HEALTHCHECK |VOLUME |EXPOSE |SHELL |CMD |--from=|--mount=|a|b=c| |\t|\n|\r\n|\\|\\\n|`|"|\'|$|${|}|:-|:+|:?|#|##|%|%%|/|//|*|?|<<E|<<-|\nE\n|[|]|,|=|# escape=`\n|# syntax=x\n|\u00a0|é|😀|\0|["a", "b"]|AS '.split(
    "|",
  );
const hostile = fc.array(fc.constantFrom(...PARTS), { maxLength: 200 }).map((parts) => parts.join(""));
const lookup = (name: string) => (/^[abAB]/.test(name) ? `<${name}> *?\\ \n` : undefined);

describe("properties", () => {
  it("PO-04: whatever the bytes, the parser gives a file or a SlipwayError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), hostile), (source) => {
        onlyUserErrors(() => parseDockerfile(source, "f"));
        onlyUserErrors(() => scanDirectives(source));
      }),
    );
  });

  it("every error of a file that has instructions is located inside it", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          parseDockerfile(text, "f");
        } catch (error) {
          const { code, source } = error as SlipwayError;
          if (code === "DOCKERFILE_EMPTY") return;
          const lines = text.split("\n").length;
          expect(source?.start).toBeGreaterThanOrEqual(1);
          expect(source?.end).toBeGreaterThanOrEqual(source!.start);
          expect(source?.end).toBeLessThanOrEqual(lines);
        }
      }),
    );
  });

  it("lines of successive instructions do not overlap", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const ast = onlyUserErrors(() => parseAst(text, "f"));
        let last = 0;
        for (const { start, end } of ast?.nodes ?? []) {
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThanOrEqual(start);
          last = end;
        }
      }),
    );
  });

  it("the dump has one line per instruction, whatever the arguments hold", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const ast = onlyUserErrors(() => parseAst(text, "f"));
        if (ast) expect(dumpAst(ast).split("\n")).toHaveLength(ast.nodes.length + 1);
      }),
    );
  });

  it("whatever the text, expansion gives a value or EXPANSION_FAILED", () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: "binary" })), (text) => {
        onlyUserErrors(() => expandWord(text, lookup));
        onlyUserErrors(() => expandWord(text, lookup, { escape: "`", quotes: "keep", rawEscapes: true }));
        onlyUserErrors(() => expandWords(text, lookup, { keepUnset: true }));
        onlyUserErrors(() => expandHeredocBody(text, lookup));
      }),
    );
  });

  it("EX-01: single quotes keep any text without one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const plain = text.replaceAll("'", "");
        expect(expandWord(`'${plain}'`, lookup)).toEqual({ value: plain, unset: [] });
      }),
    );
  });

  it("CF-17, CF-19: a duration that is printed reads back the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), (nanoseconds) => {
        expect(parseGoDuration(formatGoDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });
});

describe("large inputs", () => {
  const size = 64 * 1024;

  it("64 KiB of any kind of byte come to an end", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(255)), (stream) => {
        const bytes = Uint8Array.from(stream.take(size));
        onlyUserErrors(() => parseDockerfile(bytes, "f"));
      }),
      { numRuns: 3 },
    );
  });

  it.each(PARTS)("64 KiB of %j come to an end", (part) => {
    const long = part.repeat(Math.floor(size / part.length) - 10);
    for (const before of [
      "FROM x\nRUN ",
      "FROM x\nCOPY <<E ",
      "FROM x\nENV a=",
      "FROM x\nRUN --a=",
      "ARG ",
      "",
    ])
      onlyUserErrors(() => parseDockerfile(`${before}${long} !`, "f"));
    for (const before of ["", "${a#", "${a/", "${a//", '"', "'", "${x:-"])
      onlyUserErrors(() => expandWord(`${before}${long}/}}`, lookup));
    onlyUserErrors(() => expandWords(long, lookup));
  });

  it("a repeated flag costs no more for each repetition", () => {
    const text = `FROM x\nRUN ${"--mount=a \\\n".repeat(200_000)} x`;
    const [run] = parseDockerfile(text, "f").stages[0]!.instructions;
    expect(run?.kind === "RUN" && run.mounts.length).toBe(200_000);
  });
});
