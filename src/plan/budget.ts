import { LIMITS } from "../core/limits.ts";
import { invalidInstruction } from "./located.ts";

/**
 * What one build may grow to. A Dockerfile of a few kilobytes can ask for gigabytes: variables that double with every line,
 * ports by the range, thousands of RUNs that each get thousands of variables. Beyond the limits it is refused instead.
 */
export class Budget {
  #entries: number = LIMITS.planEntries;
  #characters: number = LIMITS.planCharacters;

  /** Variables, arguments or ports that a step or a stage is given. Throws INSTRUCTION_INVALID. */
  entries(count: number): void {
    this.#entries -= count;
    if (this.#entries < 0)
      throw invalidInstruction(
        `the steps of this Dockerfile have more than ${LIMITS.planEntries} variables and ports`,
        "divide it into several Dockerfiles, or leave out variables that its steps do not need",
      );
  }

  /** Characters that a text expands to. Throws INSTRUCTION_INVALID. */
  characters(count: number): void {
    this.#characters -= count;
    if (this.#characters < 0)
      throw invalidInstruction(
        `the texts of this Dockerfile expand to more than ${LIMITS.planCharacters} characters`,
        "look for variables or folders that hold each other, so that they grow with every line",
      );
  }
}
