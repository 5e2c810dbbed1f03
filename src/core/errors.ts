import type { ErrorCode } from "./error-codes.ts";
import type { SourceRange } from "./source-range.ts";

export interface ErrorDetails {
  readonly cause?: unknown;
  /** What the user can do about it; one sentence, imperative. */
  readonly hint?: string;
  /** Where in which source file; attached once, where the position is known. */
  readonly source?: SourceRange;
  /** Machine-readable facts (exit code, digest, path …); never secrets. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Every error that a user can reach: a stable code, a cause-first message, a place and a remedy. */
export class SlipwayError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "SlipwayError";
  readonly code: Code;
  readonly hint: string | undefined;
  readonly source: SourceRange | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.source = details.source;
    this.facts = details.facts ?? {};
  }

  /** The same error with a source range, unless it has one already. */
  at(source: SourceRange): SlipwayError<Code> {
    if (this.source) return this;
    const { hint, facts, cause } = this;
    const moved = new SlipwayError(this.code, this.message, {
      ...(hint ? { hint } : {}),
      facts,
      source,
      cause,
    });
    if (this.stack) moved.stack = this.stack;
    return moved;
  }
}

/** Every place that an error is about: those of all members of a circle (`facts.locations`), or its source range. */
export function placesOf({ source, facts }: SlipwayError): readonly SourceRange[] {
  if (Array.isArray(facts.locations) && facts.locations.length > 0) return facts.locations as SourceRange[];
  return source ? [source] : [];
}

/** Tells whether `error` is a SlipwayError, of one of `codes` where any are given. */
export function isSlipwayError<C extends ErrorCode>(error: unknown, ...codes: C[]): error is SlipwayError<C> {
  return error instanceof SlipwayError && (codes.length === 0 || (codes as ErrorCode[]).includes(error.code));
}

/** The `code` of a Node system error (`ENOENT` …), or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The last resort: the same for a system error that nobody has described on its way up. */
export function explainSystemError(error: unknown): unknown {
  if (systemErrorCode(error) === undefined) return error;
  const { path, syscall } = error as NodeJS.ErrnoException;
  return describeSystemError(
    error,
    path === undefined ? `calling ${syscall ?? "the system"}` : `using ${path}`,
  );
}

/** What helps against a full disk. */
export const DISK_FULL_HINT =
  "free some space (`slipway system prune` removes what nothing uses, with -a the build cache, too), or set SLIPWAY_HOME to a larger disk";

const STORE_HINT = "check the owner and mode of that path, or set SLIPWAY_HOME to a folder you own";

/**
 * Turns the system errors that any write can meet into errors with a code and a remedy, where permission is lacking `denied`;
 * others pass unchanged.
 */
export function describeSystemError(error: unknown, doing: string, denied = STORE_HINT): unknown {
  if (error instanceof SlipwayError) return error;
  switch (systemErrorCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new SlipwayError("DISK_FULL", `no space left on the device while ${doing}`, {
        cause: error,
        hint: DISK_FULL_HINT,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new SlipwayError(
        "PERMISSION_DENIED",
        `no permission while ${doing}: ${(error as Error).message}`,
        {
          cause: error,
          hint: denied,
        },
      );
    default:
      return error;
  }
}
