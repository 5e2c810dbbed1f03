import { build } from "../../api/build.ts";
import { isSlipwayError, SlipwayError } from "../../core/errors.ts";
import type { BuildEvent } from "../../core/events.ts";
import { parseOutput } from "../../output/output-spec.ts";
import { createProgress } from "../../progress/create-progress.ts";
import type { ProgressMode, ProgressPrinter } from "../../progress/printer.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { withProxies } from "../client-proxies.ts";
import { failureCode, failureEvent, reportError } from "../report-error.ts";
import { writeText } from "../write-text.ts";
import { prepareFiles, writeMetadata, writeResult } from "./build-files.ts";
import type { BuildFlags } from "./build-flag-values.ts";
import { buildOptions, staysInCache } from "./build-request.ts";
import { type CallRequest, callRequest } from "./call-request.ts";
import { unsupportedFlags } from "./unsupported-flags.ts";

/** `slipway build`. */
export async function buildCommand(context: CliContext, path: string, flags: BuildFlags): Promise<number> {
  const mode = progressMode(context, flags);
  const progress = printer(context, mode, flags);
  const sources = new Map<string, string>();
  let time = 0;
  let call: CallRequest | undefined;
  const onEvent = (event: BuildEvent) => {
    time = event.time;
    // The answer tells these.
    if (call?.method === "check" && event.type === "warning") return;
    if (event.type === "build.start" && event.text !== undefined) sources.set(event.dockerfile, event.text);
    // As JSON this is told below, with the remedy, and also where the library was never asked.
    if (event.type !== "build.error" || mode !== "json") progress.handle(event);
  };
  const failed = (error: unknown, task = taskOf(error, sources)): number => {
    if (mode === "json") progress.handle(failureEvent(error, time));
    progress.finish();
    return mode === "json" ? failureCode(error) : reportError(context, error, sources, task);
  };
  try {
    call = callRequest(flags.call);
    const asked = await withProxies(buildOptions(context, path, flags), context.environment);
    const options = { ...asked, onEvent, signal: context.signal };
    for (const message of notices(flags, context.environment.variables)) {
      if (mode === "json" || mode === "rawjson") progress.handle({ type: "warning", time, message });
      else
        writeText(
          context.stderr,
          `WARNING: ${message}
`,
        );
    }
    prepareFiles(flags, call ? [] : (options.outputs ?? []), context.environment.cwd);
    if (call) {
      const { answerCall } = await import("./call.ts");
      const { output, exitCode, error, metadata } = await answerCall(call, options, context.environment);
      progress.finish();
      writeText(context.stdout, output);
      writeMetadata(metadata, flags, context.environment);
      return error ? failed(error, "") : exitCode;
    }
    const result = await build({ ...options, stdout: context.stdout }, context.environment);
    progress.finish();
    writeResult(result, sources, flags, context.environment);
    return EXIT.ok;
  } catch (error) {
    return failed(error);
  }
}

/** As the other builder says it, and scripts look for it (SPEC CL-08); a wrong command line is no failed build. */
function taskOf(error: unknown, sources: ReadonlyMap<string, string>): string {
  const isSolving = sources.size > 0 || isSlipwayError(error, "DOCKERFILE_NOT_FOUND");
  if (isSolving) return "failed to build: failed to solve: ";
  return isSlipwayError(error, "USAGE") ? "" : "failed to build: ";
}

/** What the user should know before anything is built. */
function notices(flags: BuildFlags, variables: Readonly<Record<string, string>>): readonly string[] {
  const unkept = "no output was asked for: the result will only remain in the build cache (use --load or -o)";
  return [...unsupportedFlags(flags), ...(staysInCache(flags, variables) ? [unkept] : [])];
}

/** Then nothing else may go there. What is wrong with an output is said when the options are read. */
function archiveOnStdout({ output }: BuildFlags): boolean {
  return output.some((text) => {
    try {
      return parseOutput(text).dest === "-";
    } catch {
      return false;
    }
  });
}

/** Progress goes to standard error; what a script wants to read (`-q`: the id) to standard output. */
function printer(context: CliContext, mode: ProgressMode, flags: BuildFlags): ProgressPrinter {
  const stream = mode === "quiet" && !archiveOnStdout(flags) ? context.stdout : context.stderr;
  const debug = flags.debug ?? false;
  const colours = !context.environment.variables.NO_COLOR;
  return createProgress(
    mode,
    {
      write: (text) => void stream.write(text),
      isTTY: stream.isTTY === true && context.environment.variables.TERM !== "dumb",
      columns: () => stream.columns ?? 80,
      rows: () => stream.rows ?? 24,
      onResize: (listener) => {
        stream.on("resize", listener);
        return () => stream.off("resize", listener);
      },
    },
    { colours, debug },
  );
}

const MODES: Readonly<Record<string, ProgressMode>> = {
  auto: "auto",
  tty: "tty",
  plain: "plain",
  json: "json",
  rawjson: "rawjson",
  quiet: "quiet",
  none: "none",
};

function progressMode(context: CliContext, flags: BuildFlags): ProgressMode {
  if (flags.quiet && flags.progress !== undefined && flags.progress !== "auto" && flags.progress !== "quiet")
    throw new SlipwayError("USAGE", `progress=${flags.progress} and quiet cannot be used together`);
  if (flags.quiet) return "quiet";
  const asked = flags.progress ?? context.environment.variables.BUILDKIT_PROGRESS ?? "auto";
  const mode = Object.hasOwn(MODES, asked) ? MODES[asked] : undefined;
  if (!mode)
    throw new SlipwayError("USAGE", `invalid progress mode ${JSON.stringify(asked)}`, {
      hint: `use one of ${Object.keys(MODES).join(", ")}`,
    });
  return mode;
}
