import { describe, expect, it } from "vitest";
import { excludeRules, type IgnoreRules, parseIgnoreFile } from "../../src/context/ignore-rules.ts";

const parse = (text: string): IgnoreRules => parseIgnoreFile(Buffer.from(text), ".dockerignore");
const excludedOf = (text: string, paths: string): string =>
  paths
    .split(" ")
    .filter((path) => parse(text).matches(path))
    .join(" ");

describe("parity vectors", () => {
  const vectors: [title: string, file: string, paths: string, excluded: string][] = [
    ["`!` rescues", "ba*\n!bay", "bar baz bay foo", "bar baz"],
    [
      "`**/` and a rescued file",
      "**/*.go\n!a/b.go",
      "x.go a/b.go a/c.go a/b/c.go x.gox",
      "x.go a/c.go a/b/c.go",
    ],
    [
      "a file below an excluded directory",
      "docs\n!docs/README.md",
      "docs docs/a docs/README.md docs/x/README.md",
      "docs docs/a docs/x/README.md",
    ],
    ["a leading slash", "/foo", "foo foo/x a/foo", "foo foo/x"],
    ["no slash at all", "foo", "foo foo/x a/foo", "foo foo/x"],
    ["a closing slash", "foo/", "foo foo/x a/foo", "foo foo/x"],
    [
      "a star in the middle",
      "foo/*/bar",
      "foo/a/bar foo/bar foo/a/b/bar foo/a/bar/c",
      "foo/a/bar foo/a/bar/c",
    ],
    ["one level", "*/temp*", "temp a/temp a/tempx a/b/temp", "a/temp a/tempx"],
    ["two levels", "*/*/temp*", "a/temp a/b/temp a/b/c/temp", "a/b/temp"],
    ["order counts", "!README.md\n*.md", "README.md a.md", "README.md a.md"],
    ["an escaped hash", "\\#file", "#file \\#file", "#file"],
  ];
  it.each(vectors)("DI-15: %s", (_title, file, paths, excluded) => {
    expect(excludedOf(file, paths)).toBe(excluded);
  });
});

describe("reading", () => {
  const vectors: [title: string, file: string, paths: string, excluded: string][] = [
    ["the byte order mark goes", "\ufefffoo", "foo", "foo"],
    ["`#` counts in column 1 only", "#foo\n #bar", "#foo foo #bar bar", "#bar"],
    ["blanks around a pattern go", "  foo \t\r\n!  foo/x  ", "foo foo/x", "foo"],
    ["lines may be empty", "\n\n  \nfoo", "foo", "foo"],
    ["paths are cleaned", "./a//b/../c\n../x", "a/c x", "a/c"],
    ["a dot and a slash match nothing", ".\n/", "a .a", ""],
    ["a rescued path is cleaned too", "*\n!/./a/", "a b a/x", "b"],
  ];
  it.each(vectors)("DI-04: %s", (_title, file, paths, excluded) => {
    expect(excludedOf(file, paths)).toBe(excluded);
  });

  it("DI-04: lines need not be UTF-8", () => {
    const rules = parseIgnoreFile(Buffer.from([0x61, 0xff, 0x0a]), ".dockerignore");
    expect(rules.matches("a\udcff")).toBe(true);
  });

  it.each([
    ["a\n!", 2, 'illegal exclusion pattern: "!"'],
    ["[a", 1, 'syntax error in pattern "[a"'],
    ["x\n\n![", 3, 'syntax error in pattern "!["'],
    ["a\\", 1, 'syntax error in pattern "a\\\\"'],
  ])("DI-05: %j is refused with its line", (file, line, problem) => {
    expect(() => parse(file)).toThrowError(
      expect.objectContaining({
        code: "IGNORE_PATTERN_INVALID",
        message: `.dockerignore line ${line}: ${problem}`,
        source: { file: ".dockerignore", start: line, end: line },
      }),
    );
  });
});

describe("the language", () => {
  const vectors: [title: string, file: string, paths: string, excluded: string][] = [
    ["`?` is not a slash", "a?b", "axb a/b", "axb"],
    ["classes", "[a-c]\n[^x-z]1", "a d x1 w1", "a w1"],
    ["`**` in front of a component", "**/x", "x a/x a/b/x ax", "x a/x a/b/x"],
    ["`**` in front of plain text", "**x", "x ax a/bx xa", "x ax a/bx"],
    ["`**` in the middle", "a/**/b", "a/b a/x/b a/x/y/b ab a/xb", "a/b a/x/b a/x/y/b"],
    ["a closing `**`", "a**", "a ab ab/c b", "a ab ab/c"],
    ["letter case counts", "FOO", "foo FOO", "FOO"],
    [
      "characters of regular expressions are plain",
      "a.b\nc+d\n(e)\n^f$",
      "axb a.b ccd c+d e (e) f ^f$",
      "a.b c+d (e) ^f$",
    ],
    ["a backslash takes away the meaning", "a\\*\n\\!b", "ax a* b !b", "a* !b"],
  ];
  it.each(vectors)("DI-06: %s", (_title, file, paths, excluded) => {
    expect(excludedOf(file, paths)).toBe(excluded);
  });

  it("DI-07: `a/**` leaves `a` itself alone", () => {
    expect(excludedOf("a/**", "a a/b a/b/c")).toBe("a/b a/b/c");
  });

  it("DI-08: what lies below a matched directory is matched", () => {
    expect(excludedOf("a/b", "a a/b a/b/c/d a/bc")).toBe("a/b a/b/c/d");
  });

  it("DI-09: the last matching line decides, whether it names the path or a directory above", () => {
    expect(excludedOf("a\n!a/b\na/b/c\n!a/b/c/d", "a a/x a/b a/b/x a/b/c a/b/c/x a/b/c/d")).toBe(
      "a a/x a/b/c a/b/c/x",
    );
    expect(excludedOf("a\n!a/b\na", "a/b")).toBe("a/b");
  });

  it.each(["*", "**", "**/*"])("DI-10: %s excludes all but the root", (pattern) => {
    expect(parse(pattern).matches("")).toBe(false);
    expect(excludedOf(pattern, "a .b c/d")).toBe("a .b c/d");
  });

  it("DI-12: an excluded directory needs a look only where a `!` line could match inside", () => {
    const may = (file: string, path: string) => parse(file).mayContainIncluded(path);
    expect(may("a", "a")).toBe(false);
    expect(may("a\n!b", "a")).toBe(false);
    expect(may("a\n!a/b/c", "a")).toBe(true);
    expect(may("a\n!a/b/c", "a/x")).toBe(false);
    expect(may("!a/b\na", "a")).toBe(false);
    expect(may("a\n!**/keep", "a/x/y")).toBe(true);
    expect(may("*\n!a/*/c", "a/x")).toBe(true);
    expect(may("*\n!a/*/c", "a/x/y")).toBe(false);
    expect(may("*", "")).toBe(true);
    expect(may("", "a")).toBe(true);
  });

  it("tells which line decided", () => {
    const rules = parse("# head\nlogs\n!logs/keep\n");
    expect(rules.explain("logs/a")).toEqual({
      pattern: "logs",
      line: 2,
      file: ".dockerignore",
      excluded: true,
    });
    expect(rules.explain("logs/keep/x")).toEqual({
      pattern: "!logs/keep",
      line: 3,
      file: ".dockerignore",
      excluded: false,
    });
    expect(rules.explain("src")).toBeUndefined();
  });

  it("a hostile pattern takes time in proportion", () => {
    const rules = parse(`${"**/a*".repeat(60)}b`);
    expect(rules.matches("a/".repeat(500))).toBe(false);
  });
});

describe("excludeRules", () => {
  it("CP-16: the ignore file language, `!` included", () => {
    const rules = excludeRules(["*.txt", "!keep.txt", "sub/**/x"]);
    expect(["a.txt", "keep.txt", "sub/a/x", "b"].map((path) => rules.matches(path))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("CP-16: a leading slash is kept and matches nothing", () => {
    expect(excludeRules(["/a"]).matches("a")).toBe(false);
  });

  it("CP-16: bad syntax is an error of the instruction", () => {
    expect(() => excludeRules(["[a"])).toThrowError(expect.objectContaining({ code: "INSTRUCTION_INVALID" }));
  });
});
