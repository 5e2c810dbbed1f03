import { LIMITS } from "../core/limits.ts";
import { failure } from "./expansion-failure.ts";

/**
 * What expansions that belong together may take: those of one text, or of a whole build. A line of a few kilobytes can ask
 * for hours (patterns that nearly match everywhere, once for every `${v#p}` in it) and for gigabytes (values that double).
 */
export class ExpansionBudget {
  #work: number = LIMITS.patternWork;
  #characters: number = LIMITS.expandedText;

  /** Comparisons that patterns take. Throws EXPANSION_FAILED. */
  work(count: number): void {
    this.#work -= count;
    if (this.#work < 0)
      throw failure("matching the patterns takes too much work", "use shorter patterns, or shorter values");
  }

  /** Characters that come out. Throws EXPANSION_FAILED. */
  characters(count: number): void {
    this.#characters -= count;
    if (this.#characters < 0)
      throw failure(
        `the texts of this Dockerfile expand to more than ${LIMITS.expandedText} characters`,
        "look for variables or folders that hold each other, so that they grow with every line",
      );
  }
}
