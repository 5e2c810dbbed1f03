import { SlipwayError, systemErrorCode } from "../core/errors.ts";

/** An error of the stream that is standard output, with a code: `DISK_FULL` or `OUTPUT_INVALID`. Others pass unchanged. */
export function stdoutError(error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof SlipwayError || code === undefined) return error;
  // `slipway save x | head`: nothing is wrong here, but the archive is not whole either.
  if (code === "EPIPE")
    return new SlipwayError("OUTPUT_INVALID", "standard output was closed before everything was written", {
      cause: error,
    });
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new SlipwayError(
    isFull ? "DISK_FULL" : "OUTPUT_INVALID",
    `standard output cannot be written: ${(error as Error).message}`,
    { cause: error },
  );
}
