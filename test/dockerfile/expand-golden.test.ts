import { describe, expect, it } from "vitest";
import { expandWord, expandWords } from "../../src/dockerfile/expand.ts";
import { failureOf } from "./failure-of.ts";

const lookupIn = (env: Readonly<Record<string, string>>) => (name: string) =>
  Object.hasOwn(env, name) ? env[name] : undefined;
const home = lookupIn({ PWD: "/home", SHELL: "bash", NULL: "" });
const expand = (text: string, lookup = home) => expandWord(text, lookup).value;

describe("golden expansions", () => {
  it.each([
    ["he\\\\$PWD", "he\\/home"],
    ['"abc\\\\tdef"', "abc\\tdef"],
    ["abc\\tdef", "abctdef"],
    ["hello\\\\", "hello\\"],
    ["he${XXX:-\\${PWD}z}xx", "he${PWDz}xx"],
    ["${aaa:-bbb}}", "bbb}"],
    ["${aaa:-bbb {foo}", "bbb {foo"],
    ["he${PWD:+${PWD}:}xx", "he/home:xx"],
    ["he${NULL?}", "he"],
    ["'he\\$PWD'", "he\\$PWD"],
  ])("EX-13: %s", (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  it.each([
    ["he${NULL:?}", 'failed to process "he${NULL:?}": NULL: is not allowed to be empty'],
    [
      "he\\\\'llo",
      'failed to process "he\\\\\\\\\'llo": unexpected end of statement while looking for matching single-quote',
    ],
  ])("EX-13: %s fails", (text, message) => {
    const error = failureOf(() => expand(text));
    expect([error.code, error.message]).toEqual(["EXPANSION_FAILED", message]);
  });

  it.each([
    ["xxyy", "${FOO%%$EMPTY}", "xxyy"],
    ["xxyy", "${FOO#*}", "xxyy"],
    ["xxyy", "${FOO##*x}", "yy"],
    ["a***yy*", "${FOO%%\\**\\*}", "a"],
  ])("EX-13: FOO=%s, %s", (FOO, text, expected) => {
    expect(expand(text, lookupIn({ FOO, EMPTY: "" }))).toBe(expected);
  });
});

describe("expansion of arguments", () => {
  it("A4-1: a variable without a value is empty and is reported", () => {
    const lookup = lookupIn({ A: "1" });
    expect(expandWord("${A}2", lookup)).toEqual({ value: "12", unset: [] });
    expect(expandWord("$B", lookup)).toEqual({ value: "", unset: ["B"] });
  });

  it("A4-2: a value is put between literal text", () => {
    expect(expand("/a:$PATH", lookupIn({ PATH: "/bin" }))).toBe("/a:/bin");
  });

  it("A4-3: parts of a version", () => {
    const lookup = lookupIn({ V: "1.2.3" });
    expect(["${V%%.*}", "${V#*.}", "${V//./-}"].map((text) => expand(text, lookup))).toEqual([
      "1",
      "2.3",
      "1-2-3",
    ]);
  });

  it("A4-4: a value is split in words mode, and half a substitution fails", () => {
    const lookup = lookupIn({ P: "80 443/udp" });
    expect(expandWords("$P", lookup).words).toEqual(["80", "443/udp"]);
    expect(failureOf(() => expandWords("${P:-80", lookup)).message).toBe(
      "failed to process \"${P:-80\": syntax error: missing '}'",
    );
  });

  it("A4-5: a quoted value stays one source", () => {
    expect(expand('"$SRC"', lookupIn({ SRC: "a b" }))).toBe("a b");
  });

  it("A4-6: keys and values lose their quotes", () => {
    expect(['"a b"', '"c d"', "'$X'"].map((text) => expand(text))).toEqual(["a b", "c d", "$X"]);
  });
});
