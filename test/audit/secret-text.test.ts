import { describe, expect, it } from "vitest";
import { withoutSecrets } from "../../src/audit/secret-text.ts";
import { occurrencesOf } from "../../src/secrets/occurrences.ts";
import { charactersRead } from "../support/counted-work.ts";
import { fc } from "../support/property.ts";

const secrets = (count: number) =>
  Array.from({ length: count }, (_, i) => `DB_PASSWORD=hunter${i}x `).join("");

describe("texts that reports show", () => {
  it("have their secrets masked wherever these stand, also inside of longer words and where they overlap", () => {
    expect(withoutSecrets("RUN API_TOKEN=hunter22x curl -uhunter22x h; echo hunter22")).toBe(
      "RUN API_TOKEN=hu… (9 characters) curl -uhu… (9 characters) h; echo hunter22",
    );
    expect(withoutSecrets("A_TOKEN=abcdefgh B_TOKEN=efghijkl abcdefghijkl")).toBe(
      "A_TOKEN=ab… (8 characters) B_TOKEN=ef… (8 characters) abc… (12 characters)",
    );
    expect(withoutSecrets("RUN echo plain")).toBe("RUN echo plain");
  });

  it("show none of many", () => {
    expect(withoutSecrets(secrets(300))).not.toMatch(/hunter\d/);
    const keys = Array.from(
      { length: 60 },
      (_, i) => `AKIA${String.fromCharCode(65 + (i % 26)).repeat(15)}${"23"[i % 2]}`,
    );
    expect(withoutSecrets(keys.join(" "))).not.toMatch(/AKIA[A-Z2-7]{16}/);
  });

  it("are masked with work that grows as they do", () => {
    const [once, twice] = [300, 600].map((count) => charactersRead(() => withoutSecrets(secrets(count))));
    expect(twice! / once!).toBeLessThan(2.5);
  });

  it("are searched for many texts at once, with every one found", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom("a", "b") }),
        (words, text) => {
          const found = [...occurrencesOf(words, text)];
          const expected = Array.from({ length: text.length }, (_, i) => i + 1).flatMap((end) => {
            const ends = words.filter((one) => text.slice(0, end).endsWith(one)).map((one) => one.length);
            return ends.length > 0 ? [{ start: end - Math.max(...ends), end }] : [];
          });
          expect(found).toEqual(expected);
        },
      ),
    );
  });
});
