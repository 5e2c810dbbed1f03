import { describe, expect, it } from "vitest";
import { SECRET_PATTERNS } from "../../src/secrets/patterns.ts";
import { CountingExpression } from "./backtracking.ts";

/** Beginnings of a match, for every character that its classes may be made of. */
function beginningsOf(expression: RegExp): readonly string[] {
  const counting = new CountingExpression(expression);
  return [...new Set([...'A-_ .:/\n"@=a'].flatMap((char) => counting.beginnings(char)))];
}

describe("the search for secrets", () => {
  it.each(SECRET_PATTERNS.map(({ name, expression }) => [name, expression] as const))(
    "%s: takes work that grows with the text, whatever beginnings of a secret it is made of",
    (_, expression) => {
      const counting = new CountingExpression(expression);
      for (const beginning of beginningsOf(expression))
        for (const text of [beginning, `${beginning}\n`, ` ${beginning}`]) {
          const [once, twice] = [40, 80].map((times) => counting.search(text.repeat(times)).steps);
          expect(twice! / once!, JSON.stringify(text)).toBeLessThan(2.5);
        }
    },
  );

  it.each(SECRET_PATTERNS.map(({ name, expression }) => [name, expression] as const))(
    "%s: is counted by a matcher that finds what the engine finds",
    (_, expression) => {
      const counting = new CountingExpression(expression);
      const samples = beginningsOf(expression).flatMap((text) => [text, `${text} `, text.repeat(3)]);
      const found = samples.map((text) => counting.search(text).found);
      expect(found).toEqual(samples.map((text) => [...text.matchAll(expression)].map(([match]) => match)));
      expect(found.flat()).not.toEqual([]);
    },
  );
});
