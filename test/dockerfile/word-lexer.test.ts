import { describe, expect, it } from "vitest";
import { expandHeredocBody, expandWord, expandWords } from "../../src/dockerfile/expand.ts";
import { failureOf } from "./failure-of.ts";

const ENV: Readonly<Record<string, string>> = { PWD: "/home", SHELL: "bash", NULL: "", B: " a  b " };
const lookup = (name: string) => (Object.hasOwn(ENV, name) ? ENV[name] : undefined);
const expand = (text: string) => expandWord(text, lookup).value;
const problem = (text: string) => {
  const error = failureOf(() => expand(text));
  expect(error.code).toBe("EXPANSION_FAILED");
  return error.message.replace(/^failed to process ".*?[^\\]": /s, "");
};

describe("quotes and escapes", () => {
  it.each([
    ["a\\b\\", "ab"],
    ["'a\\'b", "a\\b"],
    ['"a\\b\\$PWD\\"\\\\c"', 'a\\b$PWD"\\c'],
    ["'$PWD'\"$PWD\"$PWD", "$PWD/home/home"],
    ["a''\"\"b", "ab"],
  ])("EX-01: %s", (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  it("EX-01, LX-23: with a backtick as escape the backslash is an ordinary character", () => {
    expect(expandWord('C:\\a`$b "`"`x\\"', lookup, { escape: "`" }).value).toBe('C:\\a$b "`x\\');
  });

  it("EX-02: quotes that stay open", () => {
    expect(problem("'abc")).toBe("unexpected end of statement while looking for matching single-quote");
    expect(problem('"abc')).toBe("unexpected end of statement while looking for matching double-quote");
    expect(failureOf(() => expand('"é\tx${"')).message).toBe(
      'failed to process "\\"é\\tx${\\"": unsupported modifier (") in substitution',
    );
  });
});

describe("names", () => {
  it.each([
    ["$PWD.$PWD_$SHELL-", "/home.bash-"],
    ["$1x", "x"],
    ["$999aaa", "aaa"],
    ["$@@@", "@@"],
    ["$$PWD", "PWD"],
    ["$. $", "$. $"],
    ["a$", "a$"],
    ["${PWD}x", "/homex"],
    ["$é|", "|"],
  ])("EX-03: %s", (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  it("EX-03: a positional or special name never has a value", () => {
    expect(expandWord("$1$@$0${2}", () => "set")).toEqual({ value: "", unset: ["1", "@", "0", "2"] });
  });

  it.each([
    ["${}", "syntax error: bad substitution"],
    ["${{x}}", "syntax error: bad substitution"],
    ["${:x}", "syntax error: bad substitution"],
    ["${", "syntax error: missing '}'"],
    ["${.}", "unsupported modifier (.) in substitution"],
    ["${PWD", "syntax error: missing '}'"],
    ["${PWD:", "syntax error: missing '}'"],
    ["${PWD:-x", "syntax error: missing '}'"],
    ["${PWD:-'x", "syntax error: missing '}'"],
    ['${PWD:-"x}', "syntax error: missing '}'"],
    ["${PWD#x", "syntax error: missing '}'"],
    ["${PWD/x/y", "syntax error: missing '}'"],
    ["${PWD/x}", "syntax error: missing '/' in ${}"],
    ["${PWD:=x}", "unsupported modifier (:=) in substitution"],
    ["${PWD=x}", "unsupported modifier (=) in substitution"],
    ["${PWD:#x}", "unsupported modifier (:#) in substitution"],
    ["${PWD:%x}", "unsupported modifier (:%) in substitution"],
    ["${PWD:/x/y}", "unsupported modifier (:/) in substitution"],
    ["${PWD@Q}", "unsupported modifier (@) in substitution"],
    ["${PWD:0:1}", "unsupported modifier (:0) in substitution"],
  ])("EX-04, EX-05: %s", (text, message) => {
    expect(problem(text)).toBe(message);
  });

  it("EX-05: a brace behind a complete substitution is literal", () => {
    expect(expand("${PWD}}")).toBe("/home}");
  });
});

describe("conditions", () => {
  it.each([
    ["${PWD:-w}|${NULL:-w}|${U:-w}", "/home|w|w"],
    ["${PWD-w}|${NULL-w}|${U-w}", "/home||w"],
    ["${PWD:+w}|${NULL:+w}|${U:+w}", "w||"],
    ["${PWD+w}|${NULL+w}|${U+w}", "w|w|"],
    ["${PWD:?w}${PWD?w}", "/home/home"],
    ["${U:-${V:-${PWD}}}", "/home"],
    ["${U:-a b 'c}' \"$PWD\" \\}}", "a b c} /home }"],
    ["${U:-}", ""],
  ])("EX-05: %s", (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  it.each([
    ["${U?}", "U: is not allowed to be unset"],
    ["${U:?}", "U: is not allowed to be unset"],
    ["${NULL:?}", "NULL: is not allowed to be empty"],
    ["${U:?no $SHELL}", "U: no bash"],
    ["${NULL:?none} x", "NULL: none"],
  ])("EX-05: %s", (text, message) => {
    expect(problem(text)).toBe(message);
  });

  it("EX-06: a word that is not used is evaluated all the same", () => {
    expect(problem("${PWD:-${U?gone}} x")).toBe("U: gone");
  });

  it("EX-06: nesting that would exhaust the stack is refused", () => {
    expect(expand(["${U:-".repeat(300), "x", "}".repeat(300)].join(""))).toBe("x");
    expect(problem("${U:-".repeat(100_000) + "}".repeat(100_000))).toBe(
      "substitutions are nested more than 400 levels deep",
    );
  });

  it("reports every name without a value, once, in order of use", () => {
    const { unset } = expandWord("$A ${C:-$D} ${E+x} ${A#p} ${F/a/b} $PWD $1", lookup);
    expect(unset).toEqual(["A", "D", "C", "E", "F", "1"]);
  });
});

describe("words", () => {
  it.each([
    ["  a  b\tc\n", ["a", "b", "c"]],
    ["x$B'y z'", ["x", "a", "b", "y z"]],
    ['"$B"', [" a  b "]],
    ["a\\ b", ["a b"]],
    ["'' \"\" $NULL", []],
    ["a''b ''", ["ab"]],
    ["x${U:-1 2}y", ["x1", "2y"]],
    ["a\u2003b", ["a", "b"]],
  ])("EX-10: %j", (text, words) => {
    expect(expandWords(text, lookup).words).toEqual(words);
  });

  it("EX-11: a heredoc mark keeps the blanks behind it", () => {
    expect(expandWords("cat << EOF <<  \tB <x < y", lookup).words).toEqual([
      "cat",
      "<< EOF",
      "<<  \tB",
      "<x",
      "<",
      "y",
    ]);
  });

  it("keeps quotes, escapes and unset variables where asked to", () => {
    const options = { quotes: "keep", rawEscapes: true, keepUnset: true } as const;
    expect(expandWords('\'a b\' "c\\"$U d" \\$e $PWD ${U:-x y}', lookup, options).words).toEqual([
      "'a b'",
      '"c\\"$U d"',
      "\\$e",
      "/home",
      "${U:-x",
      "y}",
    ]);
  });
});

describe("heredoc bodies", () => {
  it("EX-16: quotes are ordinary and a backslash only escapes", () => {
    const body = "a '$PWD' \"$SHELL\"\n\\$PWD \\\\ x\\\ny it's ${U:-'q'}\n";
    expect(expandHeredocBody(body, lookup).value).toBe("a '/home' \"bash\"\n$PWD \\ x\ny it's 'q'\n");
  });

  it("EX-16: a failure shows only the start of a long body", () => {
    const error = failureOf(() => expandHeredocBody(`${"x".repeat(5000)}\${`, lookup));
    expect(error.message).toBe(`failed to process "${"x".repeat(1000)}…": syntax error: missing '}'`);
  });
});
