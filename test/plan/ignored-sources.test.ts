import { describe, expect, it } from "vitest";
import { parseIgnoreFile } from "../../src/context/ignore-rules.ts";
import { failure, KnownImages, warningsOf } from "./planning.ts";

/** What is said about COPY and ADD lines below `FROM busybox`, with an ignore file in force. */
async function ignored(ignoreFile: string, ...lines: readonly string[]): Promise<string[]> {
  const rules = parseIgnoreFile(Buffer.from(ignoreFile), ".dockerignore");
  const warnings = await warningsOf(["FROM busybox AS base", ...lines].join("\n"), {
    ignoreRules: async () => rules,
    resolver: new KnownImages(),
  });
  return warnings.map((text) => text.replace(" that is excluded by .dockerignore (line ", " (line "));
}
const message = (verb: string, path: string, line: number) =>
  `CopyIgnoredFile: Attempting to ${verb} file "${path}" (line ${line})`;

describe("CopyIgnoredFile", () => {
  it("a source that a pattern hides, or whose folder it hides", async () => {
    expect(
      await ignored("foo\n*.md", "COPY foo bar a.md /", "ADD foo/x ./x/../foo/ /", "COPY b*.txt x.md/y /"),
    ).toEqual([
      message("Copy", "foo", 2),
      message("Copy", "a.md", 2),
      message("Add", "foo/x", 3),
      message("Add", "foo", 3),
      message("Copy", "x.md/y", 4),
    ]);
  });

  it("nothing is said about URLs, here-documents and other stages", async () => {
    expect(
      await ignored(
        "*",
        "FROM busybox",
        "ADD https://host/x https://host/y.git /",
        "COPY --from=base x /",
        "COPY <<x /",
        "x",
      ),
    ).toEqual([]);
  });

  it("nothing is said where a line with ! is in the file", async () => {
    expect(await ignored("foo\n!bar", "COPY foo /")).toEqual([]);
  });

  it("the context as a whole is hidden only by *, ** and **/*", async () => {
    for (const pattern of ["*", "**", "**/*"])
      expect(await ignored(pattern, "COPY . /", "ADD ./ /", "COPY / /")).toEqual([
        message("Copy", ".", 2),
        message("Add", ".", 3),
        message("Copy", "/", 4),
      ]);
    for (const pattern of [".*", "*/*", "**/.*"]) expect(await ignored(pattern, "COPY . / /")).toEqual([]);
  });

  it("nothing is said without an ignore file", async () => {
    expect(await warningsOf("FROM scratch\nCOPY foo /")).toEqual([]);
    expect(await ignored("", "COPY foo /")).toEqual([]);
  });

  it("DI-05, PO-05: a faulty ignore file comes after bases and before instructions", async () => {
    const ignoreRules = async () => parseIgnoreFile(Buffer.from("!"), ".dockerignore");
    const codeOf = async (base: string) =>
      (await failure(`FROM ${base}\nENV a=\${b:?}`, { ignoreRules })).code;
    expect(await codeOf("nowhere")).toBe("REGISTRY_NOT_FOUND");
    expect(await codeOf("busybox")).toBe("IGNORE_PATTERN_INVALID");
  });
});
