import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";

/** Runs `work` and gives whatever SlipwayError it throws the place `source`, unless it has one (SPEC PO-07). */
export function located<T>(source: SourceRange, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SlipwayError ? error.at(source) : error;
  }
}

export function invalidInstruction(message: string, hint?: string): SlipwayError<"INSTRUCTION_INVALID"> {
  return new SlipwayError("INSTRUCTION_INVALID", message, hint ? { hint } : {});
}

export function invalidStage(message: string, hint?: string): SlipwayError<"STAGE_INVALID"> {
  return new SlipwayError("STAGE_INVALID", message, hint ? { hint } : {});
}
