import { describe, expect, it } from "vitest";
import { lostBytes, utf16Kind } from "../../src/dockerfile/encoding.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const latin = (text: string) => Buffer.from(text, "latin1");
const parse = (text: string) => parseDockerfile(latin(text), "Dockerfile");

describe("Dockerfiles that are not UTF-8", () => {
  it("UTF-16 is recognised by its mark and by its NULs", () => {
    const little = Buffer.from("FROM a\n", "utf16le");
    const big = Buffer.from(little).swap16();
    expect(utf16Kind(Buffer.concat([Buffer.from([0xff, 0xfe]), little]))).toBe("UTF-16LE");
    expect(utf16Kind(Buffer.concat([Buffer.from([0xfe, 0xff]), big]))).toBe("UTF-16BE");
    expect(utf16Kind(little)).toBe("UTF-16LE");
    expect(utf16Kind(big)).toBe("UTF-16BE");
    expect(utf16Kind(Buffer.from("FROM a"))).toBeUndefined();
    expect(utf16Kind(Buffer.from("\ufeffFROM a"))).toBeUndefined();
    expect(utf16Kind(Buffer.from("#\0\n"))).toBeUndefined();
    const failure = failureOf(() => parseDockerfile(little, "Dockerfile"));
    expect(failure).toMatchObject({ code: "DOCKERFILE_ENCODING", source: { start: 1 } });
    expect(failure.hint).toContain("iconv -f UTF-16LE -t UTF-8 Dockerfile");
  });
  it("the line of such bytes is known, comments do not count", () => {
    const file = parse(
      "# caf\xe9\nFROM a\nRUN a \\\n# caf\xe9\n b\nRUN a \\\n  caf\xe9\nRUN <<E\na\n# caf\xe9\nE\nONBUILD RUN \xe9\n",
    );
    const lines = file.stages[0]!.instructions.map(({ undecodable }) => undecodable?.start);
    expect(lines).toEqual([undefined, 7, 10, 12]);
    expect(file.stages[0]!.from.undecodable).toBeUndefined();
  });
  it("what loses such bytes is named", () => {
    const file = parse(
      'ARG A=\xe9\nFROM a\nENV A=\xe9\nCOPY \xe9 /\nCOPY <<E /\n\xe9\nE\nRUN \xe9\nLABEL a=b\nCMD ["\xe9"]\n',
    );
    expect(lostBytes(file)).toMatch(
      /^Dockerfile:1 \(and lines 3, 6, 10\): bytes that are not UTF-8 become U\+FFFD;/,
    );
    expect(lostBytes(parse('FROM a\nCOPY \xe9 /\nCOPY <<"E" /\n\xe9\nE\n'))).toBeUndefined();
  });
});
