import { LIMITS } from "../core/limits.ts";
import { ExpansionBudget } from "../dockerfile/expansion-budget.ts";
import { invalidInstruction } from "./located.ts";

/**
 * What one build may grow to. A Dockerfile of a few kilobytes can ask for gigabytes: ports by the range, thousands of RUNs that
 * each get thousands of variables. Beyond the limits it is refused instead.
 */
export class Budget {
  readonly expansion = new ExpansionBudget();
  #entries: number = LIMITS.planEntries;

  /** Variables, arguments or ports that a step or a stage is given. Throws INSTRUCTION_INVALID. */
  entries(count: number): void {
    this.#entries -= count;
    if (this.#entries < 0)
      throw invalidInstruction(
        `the steps of this Dockerfile have more than ${LIMITS.planEntries} variables and ports`,
        "divide it into several Dockerfiles, or leave out variables that its steps do not need",
      );
  }
}
