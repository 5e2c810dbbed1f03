import { SlipwayError } from "../../src/core/errors.ts";
import { renderError } from "../../src/progress/render-error.ts";
import { must } from "../engine/target.ts";

/** What may not reach a terminal: control characters but tab and line feed, and those that change lines or direction. */
export const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/**
 * Checks an error about `text` of `file`: it says where, within the text; shown on a terminal it has a cause and moves no
 * cursor. Everything that is no SlipwayError passes on to the judge.
 */
export function checkLocated(error: unknown, file: string, text: string): never {
  if (error instanceof SlipwayError && error.code !== "INTERNAL") {
    const lines = text.split("\n").length;
    const { source } = error;
    must(
      source !== undefined || error.code === "DOCKERFILE_EMPTY",
      () => `an error without a place: ${error.message}`,
    );
    if (source) {
      must(source.file === file, () => `an error in another file: ${source.file}`);
      must(
        source.start >= 0 && source.start <= source.end && source.end <= lines,
        () => `a place outside of the file: ${source.start}-${source.end} of ${lines}`,
      );
    }
    must(error.hint !== undefined, () => `an error without a remedy: ${error.message}`);
    checkShown(error, new Map([[file, text]]));
  }
  throw error;
}

/** Checks that an error can be shown. */
export function checkShown(error: SlipwayError, sources: ReadonlyMap<string, string> = new Map()): void {
  const shown = renderError(error, sources);
  must(error.message.trim() !== "", () => "an error without a message");
  must(!RAW.test(shown), () => `a control character reaches the terminal:\n${JSON.stringify(shown)}`);
}
