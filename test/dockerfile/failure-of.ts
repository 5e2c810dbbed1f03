import { SlipwayError } from "../../src/core/errors.ts";

/** The SlipwayError that `run` throws; anything else, or nothing, fails the test. */
export function failureOf(run: () => unknown): SlipwayError {
  try {
    run();
  } catch (error) {
    if (error instanceof SlipwayError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
