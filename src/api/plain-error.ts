import type { ErrorCode } from "../core/error-codes.ts";
import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";

/** An error as plain data, which travels between processes. */
export interface PlainError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly source?: SourceRange;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly stack?: string;
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof SlipwayError)) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { message, ...(stack ? { stack } : {}) };
  }
  const { code, message, hint, source, facts } = error;
  return { code, message, facts, ...(hint ? { hint } : {}), ...(source ? { source } : {}) };
}

/** The error that it was, as far as people see it. */
export function reviveError(error: PlainError): Error {
  if (!error.code) return Object.assign(new Error(error.message), error.stack ? { stack: error.stack } : {});
  return new SlipwayError(error.code, error.message, {
    ...(error.hint ? { hint: error.hint } : {}),
    ...(error.source ? { source: error.source } : {}),
    ...(error.facts ? { facts: error.facts } : {}),
  });
}
