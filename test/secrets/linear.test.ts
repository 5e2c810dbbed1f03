import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SECRET_PATTERNS } from "../../src/secrets/patterns.ts";
import { CountingExpression } from "./backtracking.ts";

/** Beginnings of a match, for every character that its classes may be made of. */
function beginningsOf(expression: RegExp): readonly string[] {
  const counting = new CountingExpression(expression);
  return [...new Set([...'A-_ .:/\n"@=a'].flatMap((char) => counting.beginnings(char)))];
}

/** Expressions that search texts of others, as the sources have them; those that are anchored begin at one place only. */
function searchesIn(folder: string): readonly RegExp[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const literal =
    /(?<=[(,=[:?!&|] ?|^ +)\/((?![/*])(?:[^/\n\\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([gimsu]*)(?=[,.;)\]]|$)/gm;
  return files
    .flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(literal)])
    .filter(([, source = ""]) => !source.startsWith("^") && /[*+}]/.test(source))
    .map(([, source = "", flags]) => new RegExp(source, flags));
}

describe("searches of audit and lint", () => {
  const searches = ["src/audit", "src/lint/rules"].flatMap(searchesIn);

  it("are found in the sources", () => expect(searches.length).toBeGreaterThan(10));

  it.each(searches)("%s takes work that grows with the text", (expression) => expectLinear(expression));
});

/** The work of a text that is made of beginnings of a match grows no faster than the text. */
function expectLinear(expression: RegExp): void {
  const counting = new CountingExpression(expression);
  for (const beginning of beginningsOf(expression))
    for (const text of [beginning, `${beginning}\n`, ` ${beginning}`]) {
      const [once, twice] = [30, 60].map((times) => counting.search(text.repeat(times)).steps);
      expect(twice! / once!, JSON.stringify(text)).toBeLessThan(2.5);
    }
}

describe("the search for secrets", () => {
  it.each(SECRET_PATTERNS.map(({ name, expression }) => [name, expression] as const))(
    "%s: takes work that grows with the text, whatever beginnings of a secret it is made of",
    (_, expression) => expectLinear(expression),
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
