import { SlipwayError } from "../core/errors.ts";

/** The working directory of this process. Throws `CWD_NOT_FOUND` where it has been deleted, or cannot be reached. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new SlipwayError("CWD_NOT_FOUND", "the working directory does not exist any more", {
      cause: error,
      hint: "change into a folder that exists",
    });
  }
}
