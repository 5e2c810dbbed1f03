import { describe, expect, it } from "vitest";
import { expandWord } from "../../src/dockerfile/expand.ts";
import { failureOf } from "./failure-of.ts";

const expand = (text: string, V: string, P = "") => expandWord(text, (name) => ({ V, P, E: "" })[name]).value;

describe("patterns", () => {
  it.each([
    ["${V#*.}", "a.b.c", "b.c"],
    ["${V##*.}", "a.b.c", "c"],
    ["${V%.*}", "a.b.c", "a.b"],
    ["${V%%.*}", "a.b.c", "a"],
    ["${V#b}", "abc", "abc"],
    ["${V%b}", "abc", "abc"],
    ["${V#?}", "😀bc", "bc"],
    ["${V%?}", "ab😀", "ab"],
    ["${V##*}", "abc", ""],
    ["${V%%*}", "abc", ""],
    ["${V%*}", "abc", "abc"],
    ["${V#$E}", "abc", "abc"],
    ["${V#a*b*c}", "a1b2c3c", "3c"],
    ["${V##a*b*c}", "a1b2c3cx", "x"],
    ["${V%b*c}", "abcbc", "abc"],
    ["${V%%b*c}", "abcbc", "a"],
    ["${V#a**c}", "abcc", "c"],
  ])("EX-08: %s of %s", (text, value, expected) => {
    expect(expand(text, value)).toBe(expected);
  });

  it.each([
    ["${V#\\*}", "*a", "a"],
    ["${V#\\?}", "?a", "a"],
    ["${V#\\\\}", "\\a", "a"],
    ["${V#\\}}", "}a", "a"],
    ["${V#[a]}", "[a]b", "b"],
    ["${V#a.c}", "abcd", "abcd"],
    ["${V#(a|b)+^$}", "(a|b)+^$x", "x"],
    ["${V#'a b'}", "a bc", "c"],
  ])("EX-07: %s of %s", (text, value, expected) => {
    expect(expand(text, value)).toBe(expected);
  });

  it("EX-07: neither * nor ? crosses a line feed", () => {
    expect(expand("${V#*b}", "a\nb")).toBe("a\nb");
    expect(expand("${V##*}", "a\nb")).toBe("\nb");
    expect(expand("${V#?}", "\nb")).toBe("\nb");
    expect(expand("${V##a*\n*b}", "a1\n2bb\nb")).toBe("\nb");
  });

  it("EX-07: signs that come from a variable are active", () => {
    expect(expand("${V#$P}", "a.b.c", "*.")).toBe("b.c");
    expect(failureOf(() => expand("${V#$P}", "abc", "\\")).code).toBe("EXPANSION_FAILED");
  });

  it("EX-07: a backslash before any other character is an error", () => {
    expect(failureOf(() => expand("${V#\\a}", "abc")).message).toBe(
      "failed to process \"${V#\\\\a}\": invalid pattern (\\a) in substitution: invalid escape '\\a'",
    );
  });
});

describe("replacement", () => {
  it.each([
    ["${V/b/x}", "abcb", "axcb"],
    ["${V//b/x}", "abcb", "axcx"],
    ["${V/b*/x}", "abcb", "ax"],
    ["${V/x/y}", "abc", "abc"],
    ["${V//b/}", "abcb", "ac"],
    ["${V//?/x}", "a😀\nc", "xx\nx"],
    ["${V//a*c/x}", "abc\nac\nbc", "x\nx\nbc"],
    ["${V/\\//|}", "a/b/c", "a|b/c"],
    ["${V/*b/x}", "aabab", "x"],
  ])("EX-09: %s of %j", (text, value, expected) => {
    expect(expand(text, value)).toBe(expected);
  });

  it("EX-09: an empty pattern", () => {
    expect(expand("${V/$E/x}", "abc")).toBe("xabc");
    expect(expand("${V//$E/x}", "abc")).toBe("xaxbxcx");
    expect(expand("${V//*/x}", "abc")).toBe("x");
    expect(expand("${V//*/x}", "a\nb")).toBe("x\nx");
  });

  it("EX-09: the replacement keeps its backslashes", () => {
    expect(expand("${V//\\//\\/}", "/a/b")).toBe("\\/a\\/b");
  });

  it("EX-09: only // takes its replacement as a template", () => {
    expect(expand("${V//b/$P}", "abc", "[$0${0}$1${x}$$$]")).toBe("a[bb$$]c");
    expect(expand("${V/b/$P}", "abc", "[$0$$]")).toBe("a[$0$$]c");
  });
});

describe("hostile patterns", () => {
  const long = "a".repeat(60_000);

  it("many stars over a long value end in one pass", () => {
    expect(expand("${V#$P}", long, `${"*a".repeat(20_000)}b`)).toBe(long);
    expect(expand("${V%%$P}", long, `b${"a*".repeat(20_000)}`)).toBe(long);
    expect(expand("${V//$P/x}", long, "a*b")).toBe(long);
    expect(expand("${V/$P/x}", `${long}\n`.repeat(3), "*a*b*a*")).toBe(`${long}\n`.repeat(3));
  });

  it("work without end is refused", () => {
    const error = failureOf(() => expand("${V/$P/x}", long, `${"a".repeat(30_000)}b`));
    expect(error.message).toContain("matching the patterns takes too much work");
  });

  it("a result without bounds is refused", () => {
    const error = failureOf(() => expand("${V//a/$P}", long, "b".repeat(10_000)));
    expect(error.message).toContain("the result is longer than 16777216 characters");
    expect(failureOf(() => expand("$V$V", "v".repeat(10_000_000))).code).toBe("EXPANSION_FAILED");
  });
});
