import type { ErrorCode } from "../core/error-codes.ts";
import { describeSystemError, SlipwayError } from "../core/errors.ts";

/** An error in a form that can be posted to another thread. */
export interface PostedError {
  /** Present for a SlipwayError. */
  readonly slipway?: {
    readonly code: ErrorCode;
    readonly hint?: string;
    readonly facts: Readonly<Record<string, unknown>>;
  };
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** `code`, `errno`, `syscall` and `path` of a system error. */
  readonly system?: Readonly<Record<string, string | number>>;
  readonly cause?: PostedError;
}

/** Packs an error for another thread; system errors that any write can meet are described first. */
export function packError(error: unknown): PostedError {
  return pack(describeSystemError(error, "working on a layer"));
}

function pack(described: unknown): PostedError {
  if (!(described instanceof Error)) return { name: "Error", message: String(described) };
  const { name, message, stack, cause } = described;
  const shape = { name, message, ...(stack === undefined ? {} : { stack }) };
  const withCause = cause === undefined ? shape : { ...shape, cause: pack(cause) };
  if (!(described instanceof SlipwayError)) return { ...withCause, system: systemFields(described) };
  const { code, hint, facts } = described;
  return { ...withCause, slipway: { code, facts, ...(hint === undefined ? {} : { hint }) } };
}

export function unpackError(posted: PostedError): Error {
  const cause = posted.cause && unpackError(posted.cause);
  if (!posted.slipway) {
    const error = new Error(posted.message, cause && { cause });
    return Object.assign(error, posted.system, posted.stack === undefined ? {} : { stack: posted.stack });
  }
  const { code, hint, facts } = posted.slipway;
  return new SlipwayError(code, posted.message, {
    facts,
    ...(hint === undefined ? {} : { hint }),
    ...(cause ? { cause } : {}),
  });
}

function systemFields(error: Error): Readonly<Record<string, string | number>> {
  const fields = error as unknown as Readonly<Record<string, unknown>>;
  const found = ["code", "errno", "syscall", "path"].flatMap((key) => {
    const value = fields[key];
    return typeof value === "string" || typeof value === "number" ? [[key, value] as const] : [];
  });
  return Object.fromEntries(found);
}
