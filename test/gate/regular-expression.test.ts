import { describe, expect, it } from "vitest";
import { compileExpression } from "../../src/gate/regular-expression.ts";

/** Expression, a text that it fits, one that it does not: as Go's regexp has it. */
const CASES: readonly (readonly [string, string, string])[] = [
  ["^a.c$", "abc", "xabc"],
  ["a.c", "a\rc", "a\nc"],
  ["(?s)a.c", "a\nc", "ac"],
  ["(?s:a.)c.d", "a\ncxd", "a\nc\nd"],
  ["^b$", "b", "a\nb"],
  ["(?m)^b$", "a\nb\nc", "ab"],
  ["a$", "a", "a\n"],
  ["(?i)straße", "STRAßE", "strase"],
  ["(?i)[a-c]x", "BX", "DX"],
  ["a(?i)b(?-i)c", "aBc", "ABC"],
  ["a(?i:b)c", "aBc", "aBC"],
  ["[[:digit:]]+[[:^alpha:]]", "12-", "ab-"],
  ["[[:punct:]]", "]", "a"],
  ["\\Aab\\z", "ab", "ab\n"],
  ["\\Qa.b[\\E+", "a.b[[", "axb["],
  ["(?P<name>x)y", "xy", "x"],
  ["\\x41\\x{1F600}\\101", "A😀A", "A"],
  ["\\pL\\p{Greek}\\P{Lu}", "aαb", "aαB"],
  ["^\\s$", "\t", "\u00a0"],
  ["^\\S$", "\u00a0", " "],
  ["^[\\s]$", " ", "\v"],
  ["^[^\\s]$", "x", " "],
  ["^[\\w-]+$", "a-b", "a b"],
  ["^[]a]+$", "]a", "b"],
  ["^[^]a]+$", "b", "]"],
  ["^\\d{2,3}$", "123", "1"],
  ["^a{,2}$", "a{,2}", "aa"],
  ["{", "{", "}"],
  ["^a{b}$", "a{b}", "ab"],
  ["a|b", "b", "c"],
  ["\\bfoo\\b", "a foo b", "afoo"],
  ["^\\/\\-\\_$", "/-_", "x"],
  ["^[+--]$", ",", "."],
  ["^.$", "😀", "ab"],
  ["\\a\\f\\v", "\x07\f\v", "a"],
];

describe("regular expressions in the syntax of RE2", () => {
  it.each(CASES)("%s", (expression, fitting, other) => {
    const compiled = compileExpression(expression);
    expect(compiled.test(fitting)).toBe(true);
    expect(compiled.test(other)).toBe(false);
  });

  it("finds the shortest where U turns greed round", () => {
    expect(compileExpression("(?U)a+").exec("aaa")?.[0]).toBe("a");
    expect(compileExpression("(?U)a+?").exec("aaa")?.[0]).toBe("aaa");
  });

  it.each([
    "(",
    ")",
    "[a",
    "a**",
    "*a",
    "(?=a)",
    "(?<!a)",
    "(a)\\1",
    "\\k<a>",
    "a{1001}",
    "[b-a]",
    "[[:nothing:]]",
    "\\p{Nothing}",
    "\\",
    "\\C",
    "(?z)a",
  ])("refuses %s", (expression) => {
    expect(() => compileExpression(expression)).toThrow(expect.objectContaining({ code: "TEST_INVALID" }));
  });
});
