import { describe, expect, it } from "vitest";
import { excludeRules, parseIgnoreFile } from "../../src/context/ignore-rules.ts";
import { compilePattern } from "../../src/context/pattern.ts";
import { fc } from "../support/property.ts";

/** The language by plain recursion, exponential and obvious. */
function oracle(pattern: string, text: string, first = true): boolean {
  if (pattern === "") return text === "";
  if (pattern.startsWith("**")) {
    const rest = pattern.slice(pattern[2] === "/" ? 3 : 2);
    if (rest === "") return true;
    if (first && pattern[2] !== "/" && !/[*?[\\]/.test(rest)) return text.endsWith(rest);
    const starts = [...text].flatMap((char, at) => (char === "/" ? [at + 1] : []));
    return [0, ...starts].some((at) => oracle(rest, text.slice(at), false));
  }
  if (pattern[0] === "*")
    return (
      oracle(pattern.slice(1), text, false) ||
      (text !== "" && text[0] !== "/" && oracle(pattern, text.slice(1), false))
    );
  if (text === "" || (pattern[0] === "?" ? text[0] === "/" : pattern[0] !== text[0])) return false;
  return oracle(pattern.slice(1), text.slice(1), false);
}

const component = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const wild = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), minLength: 1, maxLength: 4 });
const pattern = fc
  .array(fc.oneof(wild, fc.constant("**")), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"));

describe("against the oracle", () => {
  it("DI-06: a compiled pattern matches what plain recursion matches", () => {
    fc.assert(
      fc.property(pattern, path, (glob, text) => {
        expect(compilePattern(glob)!.matches(text)).toBe(oracle(glob, text));
      }),
      { numRuns: 3000 },
    );
  });

  it("DI-12: mayMatchBelow is never false where something below matches", () => {
    fc.assert(
      fc.property(pattern, path, component, (glob, directory, name) => {
        const compiled = compilePattern(glob)!;
        if (compiled.matches(`${directory}/${name}`)) expect(compiled.mayMatchBelow(directory)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("DI-09: the running state over all lines and all directories above gives the same answers", () => {
    const line = fc.tuple(fc.boolean(), pattern).map(([negated, text]) => (negated ? `!${text}` : text));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), path, (lines, text) => {
        const above = text.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/"));
        let excluded = false;
        for (const each of lines) {
          const negated = each.startsWith("!");
          const hit = above.some((one) => oracle(negated ? each.slice(1) : each, one));
          if (hit && excluded === negated) excluded = !negated;
        }
        expect(parseIgnoreFile(Buffer.from(lines.join("\n")), "x").matches(text)).toBe(excluded);
        expect(excludeRules(lines).matches(text)).toBe(excluded);
      }),
      { numRuns: 2000 },
    );
  });
});
