import { ExpansionBudget } from "../../src/dockerfile/expansion-budget.ts";
import {
  compilePattern,
  replaceAll,
  replaceFirst,
  stripPrefix,
  stripSuffix,
} from "../../src/dockerfile/shell-pattern.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";

/** Longer texts would let the comparison, which backtracks, run for ages. */
const COMPARABLE = 40;

/** The patterns of `#`, `%` and `/`, against a translation to a regular expression. */
export const shellPatternTarget: Target = {
  name: "shell-pattern",
  about: "patterns of ${v#p}, ${v%p}, ${v/p/r}, compared with regular expressions",
  seeds: [
    ["a*b", "xaabbx"],
    ["?*", "ab"],
    ["\\**", "**a"],
    ["*", "a\nb"],
  ].map(joinParts),
  dictionary: ["*", "?", "\\*", "\\?", "\\\\", "\\}", "\\/", "\n", "ab", "aab", "$0", "${0}", "$$"],
  generate: (random) => {
    const letters = () =>
      random.several(0, 6, () => random.pick(["a", "b", "*", "?", "\\*", "\n", "."])).join("");
    return joinParts([
      letters(),
      random.several(0, 10, () => random.pick(["a", "b", "*", "\n", "."])).join(""),
      letters(),
    ]);
  },
  run: (input) => {
    const [pattern = "", value = "", replacement = ""] = splitParts(input);
    const compiled = compilePattern(pattern);
    const searched = { value, budget: new ExpansionBudget() };
    const results = [
      stripPrefix(searched, compiled, false),
      stripPrefix(searched, compiled, true),
      stripSuffix(searched, compiled, false),
      stripSuffix(searched, compiled, true),
      replaceFirst(searched, compiled, replacement),
      replaceAll(searched, compiled, replacement.replaceAll("$", "")),
    ];
    if (pattern.length > COMPARABLE || value.length > COMPARABLE) return;
    const expected = byExpression(pattern, value, replacement);
    results.forEach((result, at) => {
      must(
        expected[at] === undefined || result === expected[at],
        () => `operator ${at}: ${JSON.stringify(result)} instead of ${JSON.stringify(expected[at])}`,
      );
    });
  },
};

/** The same results by means of backtracking expressions (SPEC EX-07 to EX-09); undefined where they count empty matches in another way. */
function byExpression(pattern: string, value: string, replacement: string): (string | undefined)[] {
  const parts = Array.from(pattern.matchAll(/\\(.)|(.)/gsu), ([, escaped, plain]) => piece(escaped, plain));
  const expression = (list: readonly string[], star: string) =>
    list.map((part) => (part === "*" ? star : part)).join("");
  const [lazy, greedy] = ["[^\\n]*?", "[^\\n]*"];
  const reversed = [...parts].reverse();
  const flip = (text: string) => Array.from(text).reverse().join("");
  const cut = (text: string, list: readonly string[], star: string) =>
    text.replace(new RegExp(`^(?:${expression(list, star)})`, "u"), "");
  const whole = expression(parts, greedy);
  return [
    cut(value, parts, lazy),
    cut(value, parts, greedy),
    flip(cut(flip(value), reversed, lazy)),
    flip(cut(flip(value), reversed, greedy)),
    value.replace(new RegExp(whole, "u"), () => replacement),
    new RegExp(`^(?:${whole})$`, "u").test("")
      ? undefined
      : value.replace(new RegExp(whole, "gu"), () => replacement.replaceAll("$", "")),
  ];
}

function piece(escaped: string | undefined, plain: string | undefined): string {
  if (escaped !== undefined) return byNumber(escaped);
  if (plain === "*") return "*";
  return plain === "?" ? "[^\\n]" : byNumber(plain!);
}

/** No character of it looks like a wildcard. */
function byNumber(char: string): string {
  return `\\u{${char.codePointAt(0)!.toString(16)}}`;
}
