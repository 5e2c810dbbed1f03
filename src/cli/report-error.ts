import { explainSystemError, isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { BuildEvent } from "../core/events.ts";
import { renderError } from "../progress/render-error.ts";
import { type CliContext, EXIT } from "./cli-context.ts";
import { visibleText } from "./write-text.ts";

/**
 * Says what went wrong on standard error and gives the exit code. Sources: texts that source ranges refer to, by file name;
 * `task`: what failed, ahead of the message.
 */
export function reportError(
  context: CliContext,
  failure: unknown,
  sources: ReadonlyMap<string, string> = new Map(),
  task = "",
): number {
  if (context.signal.aborted) {
    context.stderr.write("cancelled\n");
    return EXIT.failed;
  }
  const error = explainSystemError(failure);
  if (isSlipwayError(error)) {
    context.stderr.write(renderError(error, sources, task));
    return failureCode(error);
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const defect = new SlipwayError("INTERNAL", error instanceof Error ? error.message : String(error), {
    hint: "this is a defect in slipway: please report it together with the lines below",
    cause: error,
  });
  context.stderr.write(`${renderError(defect, sources)}${visibleText(detail)}\n`);
  return EXIT.failed;
}

export function failureCode(error: unknown): number {
  return isSlipwayError(error, "USAGE", "TEST_INVALID", "POLICY_INVALID") ? EXIT.usage : EXIT.failed;
}

/** The last line of a build that failed with `--progress=json`: a reader of events gets no text between them. */
export function failureEvent(failure: unknown, time: number): Extract<BuildEvent, { type: "build.error" }> {
  const error = explainSystemError(failure);
  const known = isSlipwayError(error) ? error : undefined;
  return {
    type: "build.error",
    time,
    code: known?.code ?? "INTERNAL",
    message: error instanceof Error ? error.message : String(error),
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    ...(known?.source ? { source: known.source } : {}),
  };
}
