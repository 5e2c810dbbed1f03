import { describe, expect, it } from "vitest";
import { readFlags } from "../../src/dockerfile/flags.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const KNOWN = { link: "boolean", from: "text", exclude: "list" } as const;
const problem = (...words: string[]) => failureOf(() => readFlags(words, KNOWN)).message;
const parse = (line: string) => parseDockerfile(`FROM x\n${line}`, "f").stages[0]!.instructions[0]!;
const typedProblem = (line: string) =>
  failureOf(() => parse(line)).message.replace("dockerfile parse error on line 2: ", "");

describe("flags", () => {
  it("IN-01: an unknown flag, with a suggestion where one is near", () => {
    expect(problem("--form=x")).toBe("unknown flag: --form (did you mean from?)");
    expect(problem("--bogus")).toBe("unknown flag: --bogus");
    expect(problem("--LINK")).toBe("unknown flag: --LINK");
    expect(problem("--=x")).toBe("unknown flag: --");
    expect(problem("--constructor=1")).toBe("unknown flag: --constructor");
  });

  it("IN-01: only lists may be repeated", () => {
    expect(problem("--from=a", "--from=b")).toBe("duplicate flag specified: --from");
    expect(problem("--link", "--link=false")).toBe("duplicate flag specified: --link");
    expect(readFlags(["--exclude=a", "--exclude=b=c"], KNOWN).list("exclude")).toEqual(["a", "b=c"]);
  });

  it("IN-02: values of boolean flags", () => {
    const link = (...words: string[]) => readFlags(words, KNOWN).boolean("link");
    expect([link(), link("--link"), link("--link=TRUE"), link("--link=False")]).toEqual([
      undefined,
      true,
      true,
      false,
    ]);
    expect(problem("--link=")).toBe("missing a value on flag: --link");
    expect(problem("--link=maybe")).toBe("expecting boolean value for flag --link, not: maybe");
  });

  it("IN-02: values of text flags", () => {
    expect(readFlags(["--from="], KNOWN).text("from")).toBe("");
    expect(readFlags([], KNOWN).text("from")).toBeUndefined();
    expect(problem("--from")).toBe("missing a value on flag: --from");
  });

  it.each([
    "CMD --x a",
    "ENTRYPOINT --x a",
    "ENV --x a=b",
    "LABEL --x a=b",
    "EXPOSE --x 1",
    "VOLUME --x /a",
    "USER --x a",
    "WORKDIR --x a",
    "MAINTAINER --x a",
    'SHELL --x ["a"]',
    "ONBUILD --x RUN a",
    "RUN --x a",
    "ADD --x a b",
    "ADD --from=x a b",
    "COPY --checksum=x a b",
    "HEALTHCHECK --x CMD a",
    "FROM --x y",
  ])("IN-03: %s rejects the flag", (line) => {
    expect(typedProblem(line)).toMatch(/^unknown flag: --(x|from|checksum)$/);
  });

  it("IN-03: ARG, STOPSIGNAL and HEALTHCHECK NONE pay no attention to flags", () => {
    expect(parse("ARG --x a")).toMatchObject({ args: [{ key: "a" }] });
    expect(parse("STOPSIGNAL --x 9")).toMatchObject({ signal: "9" });
    expect(parse("HEALTHCHECK --x none")).toMatchObject({ test: ["NONE"] });
  });

  it.each([
    ["MAINTAINER", "MAINTAINER requires exactly one argument"],
    ["WORKDIR", "WORKDIR requires exactly one argument"],
    ["USER", "USER requires exactly one argument"],
    ["stopsignal", "STOPSIGNAL requires exactly one argument"],
    ["ARG", "ARG requires at least one argument"],
    ["ENV", "ENV requires at least one argument"],
    ["LABEL", "LABEL requires at least one argument"],
    ["EXPOSE", "EXPOSE requires at least one argument"],
    ["VOLUME", "VOLUME requires at least one argument"],
    ["VOLUME []", "VOLUME requires at least one argument"],
    ["ONBUILD", "ONBUILD requires at least one argument"],
    ["HEALTHCHECK", "HEALTHCHECK requires at least one argument"],
    ["SHELL", "SHELL requires at least one argument"],
    ["SHELL []", "SHELL requires at least one argument"],
    [
      "ADD a",
      "ADD requires at least two arguments, but only one was provided. Destination could not be determined",
    ],
    [
      'copy ["a"]',
      "COPY requires at least two arguments, but only one was provided. Destination could not be determined",
    ],
    ["FROM", "FROM requires either one or three arguments"],
    ["FROM a b", "FROM requires either one or three arguments"],
    ["FROM a b c", "FROM requires either one or three arguments"],
  ])("IN-04: %s", (line, message) => {
    expect(typedProblem(line)).toBe(message);
  });

  it.each(["EXPOSE", "VOLUME", "USER", "WORKDIR", "MAINTAINER", "ONBUILD", "COPY", "FROM", "HEALTHCHECK"])(
    "IN-04: %s counts its arguments before it looks at its flags",
    (keyword) => {
      expect(typedProblem(`${keyword} --x`)).toMatch(/ requires /);
    },
  );

  it.each(["ENV", "LABEL", "SHELL", "RUN", "CMD"])("IN-03: %s looks at its flags first", (keyword) => {
    expect(typedProblem(`${keyword} --x`)).toBe("unknown flag: --x");
  });

  it("IN-04: RUN, CMD and ENTRYPOINT may be empty", () => {
    expect(parse("RUN")).toMatchObject({ command: { form: "shell", command: "" } });
    expect(parse("CMD []")).toMatchObject({ command: { form: "exec", argv: [] } });
    expect(parse("ENTRYPOINT")).toMatchObject({ command: { form: "shell", command: "" } });
  });

  it("IN-05: the rest of the line is one argument", () => {
    expect(parse("WORKDIR /a  b")).toMatchObject({ path: "/a  b" });
    expect(parse('USER "a" b')).toMatchObject({ user: '"a" b' });
  });
});
