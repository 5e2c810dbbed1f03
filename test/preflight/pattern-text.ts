import { automatonOf } from "../../src/preflight/automaton.ts";
import { PatternError } from "../../src/preflight/value-pattern.ts";
import { fc } from "../support/property.ts";

/** Regular expressions that are sound, of a few characters, so that texts of the same characters often match. */
export function patternText(): fc.Arbitrary<string> {
  const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
    pattern: fc
      .array(
        fc.array(tie("atom"), { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join("")),
        {
          minLength: 1,
          maxLength: 2,
        },
      )
      .map((choices) => choices.join("|")),
    atom: fc.oneof(
      { maxDepth: 2, depthSize: "small" },
      fc.constantFrom(
        "a",
        "b",
        "0",
        "\\.",
        "-",
        ".",
        "[ab]",
        "[^a]",
        "[0-9]",
        "\\d",
        "\\W",
        "[a\\d_-]",
        "\\s",
      ),
      fc
        .tuple(tie("pattern"), fc.constantFrom("", "*", "+", "?", "{2}", "{1,2}", "{2,}"))
        .map(([inner, bounds]) => `(${inner})${bounds}`),
    ),
  }));
  return pattern;
}

/** Repetitions of repetitions grow beyond what an entry script should hold. */
export function isBearable(pattern: string): boolean {
  try {
    return Boolean(automatonOf(pattern));
  } catch (error) {
    if (error instanceof PatternError && error.message.includes("complicated")) return false;
    throw error;
  }
}
