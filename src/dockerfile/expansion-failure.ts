import { SlipwayError } from "../core/errors.ts";

/** An error of the word lexer; `expandWord` and its kin add the text that was being expanded (SPEC EX-02). */
export function failure(message: string, hint?: string): SlipwayError<"EXPANSION_FAILED"> {
  return new SlipwayError("EXPANSION_FAILED", message, hint === undefined ? {} : { hint });
}
