import { describe, expect, it } from "vitest";
import { automatonOf, matches } from "../../src/preflight/automaton.ts";
import { PatternError } from "../../src/preflight/value-pattern.ts";
import { fc } from "../support/property.ts";
import { isBearable, patternText } from "./pattern-text.ts";

describe("patterns of values", () => {
  it.each([
    ["[0-9]+", ["0", "0123456789"], ["", "a", "1a", "a1"]],
    ["^\\d{1,3}(\\.\\d{1,3}){3}$", ["127.0.0.1"], ["127.0.0", "127.0.0.1.2", "1270.0.0.1"]],
    ["live|log", ["live", "log"], ["liv", "lives", "livelog"]],
    ["[^/]*", ["", "ä", "a b"], ["a/b", "/"]],
    ["[]a-]x\\$", ["]x$", "ax$", "-x$"], ["bx$", "ax"]],
    [".+@.+", ["ann@example.test", "ö@ü"], ["@", "a@", "a\n@b"]],
    ["(a|ab)(c|bcd)", ["ac", "abc", "abcd", "abbcd"], ["ab", "abbc"]],
  ])("%s", (pattern, fitting, others) => {
    const machine = automatonOf(pattern);
    for (const text of fitting) expect([text, matches(machine, text)]).toEqual([text, true]);
    for (const text of others) expect([text, matches(machine, text)]).toEqual([text, false]);
  });

  it("mean what they mean in JavaScript", () => {
    fc.assert(
      fc.property(patternText(), fc.string({ unit: fc.constantFrom(..."ab01_-/ .") }), (pattern, text) => {
        fc.pre(isBearable(pattern));
        const expected = new RegExp(`^(?:${pattern})$`).test(text);
        expect(matches(automatonOf(pattern), text)).toBe(expected);
      }),
    );
  });

  it.each([
    ["(a", "without"],
    ["a)", "without"],
    ["[a", "without"],
    ["a**", "behind another repetition"],
    ["*a", "nothing stands before"],
    ["a{2,1}", "larger number"],
    ["a{x}", "no repetition"],
    ["a{999}", "repetitions are the most"],
    ["(?=a)", "not supported"],
    ["\\bword", "not supported"],
    ["[z-a]", "wrong order"],
    ["a^b", "ends only"],
    ["grün", "beyond ASCII"],
    ["[[:digit:]]", "by name"],
    ["\\", "at the end"],
    ["((a{99}){99}){99}", "complicated"],
    ["(a|b)*a(a|b){12}", "complicated"],
  ])("%s cannot be used, and it is said why", (pattern, reason) => {
    expect(() => automatonOf(pattern)).toThrow(PatternError);
    expect(() => automatonOf(pattern)).toThrow(reason);
  });
});
