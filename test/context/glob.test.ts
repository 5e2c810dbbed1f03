import { describe, expect, it } from "vitest";
import { compileGlob, compileParentsGlob, hasWildcard } from "../../src/context/glob.ts";
import { decodeName } from "../../src/core/file-name.ts";

describe("compileGlob", () => {
  const vectors: [string, string, boolean][] = [
    ["*", "", true],
    ["*", ".hidden", true],
    ["*.go", "main.go", true],
    ["*.go", "main.gox", false],
    ["?", "é", true],
    ["?", "😀", true],
    ["?", "ab", false],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[^a-c]x", "dx", true],
    ["[^a-c]x", "ax", false],
    ["[!a]", "!", true],
    ["[!a]", "b", false],
    ["[*]", "*", true],
    ["[*]", "x", false],
    ["[\\]]", "]", true],
    ["[\\-a]", "-", true],
    ["[z-a]", "m", false],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a**b", "axxb", true],
    ["a.b", "axb", false],
    ["(a|b)+$", "(a|b)+$", true],
    ["*a*b*c", "xxaxxbxxc", true],
    ["*a*b*c", "xxaxxcxxb", false],
  ];
  it.each(vectors)("CP-11: %s against %s gives %s", (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  it("CP-13: a bracket in a class stands for itself", () => {
    expect(compileGlob("arr[[]0].txt")("arr[0].txt")).toBe(true);
    expect(compileGlob("arr[[]0].txt")("arr0.txt")).toBe(false);
  });

  it.each(["[a", "[]", "[]a]", "[^]", "[a-]", "[-a]", "[a-b-c]", "a\\", "[\\", "[a\\]"])(
    "CP-11: %s is bad syntax",
    (pattern) => {
      expect(() => compileGlob(pattern)).toThrowError(
        expect.objectContaining({
          code: "INSTRUCTION_INVALID",
          message: `syntax error in pattern ${JSON.stringify(pattern)}`,
        }),
      );
    },
  );

  it("CP-11: a name that is not UTF-8 counts one character a byte", () => {
    expect(compileGlob("a?b")(decodeName(Buffer.from([0x61, 0xff, 0x62])))).toBe(true);
    expect(compileGlob("a?b")(decodeName(Buffer.from([0x61, 0xff, 0xfe, 0x62])))).toBe(false);
  });

  it("CP-11: many stars take time in proportion, not by powers", () => {
    const glob = compileGlob(`${"*a".repeat(200)}*b`);
    expect(glob("a".repeat(2000))).toBe(false);
    expect(glob(`${"a".repeat(2000)}b`)).toBe(true);
    expect(compileGlob("*".repeat(60_000))("x")).toBe(true);
    expect(compileParentsGlob("*".repeat(60_001))("x/y")).toBe(true);
  });
});

describe("compileParentsGlob", () => {
  it("CP-17: `**` stands for any number of directories, none included", () => {
    const glob = compileParentsGlob("./src/**/*.json");
    expect(["src/a.json", "src/x/y/b.json"].map(glob)).toEqual([true, true]);
    expect(["a.json", "src/a.jsonc", "srcx/a.json"].map(glob)).toEqual([false, false, false]);
  });

  it("CP-17: directories in which nothing can match are known", () => {
    const glob = compileParentsGlob("packages/*/package.json");
    expect(["", "packages", "packages/a"].map((path) => glob.mayMatchBelow(path))).toEqual([
      true,
      true,
      true,
    ]);
    expect(["src", "packages/a/b", "pack"].map((path) => glob.mayMatchBelow(path))).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("hasWildcard", () => {
  it("CP-11: only unescaped special characters count", () => {
    expect(["a*", "a?", "[x]", "\\\\*"].map(hasWildcard)).toEqual([true, true, true, true]);
    expect(["", "a", "a\\*", "a\\", "{a,b}", "a]"].map(hasWildcard)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(hasWildcard("\\\\".repeat(5000))).toBe(false);
  });
});
