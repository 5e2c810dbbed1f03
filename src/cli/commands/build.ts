import { rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { build } from "../../api/build.ts";
import type { BuildResult } from "../../api/build-options.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { BuildEvent } from "../../core/events.ts";
import { outputError } from "../../output/destination.ts";
import { parseOutput } from "../../output/output-spec.ts";
import { createProgress } from "../../progress/create-progress.ts";
import type { ProgressMode, ProgressPrinter } from "../../progress/printer.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { failureCode, failureEvent, reportError } from "../report-error.ts";
import type { BuildFlags } from "./build-flag-values.ts";
import { buildOptions } from "./build-request.ts";
import { unsupportedFlags } from "./unsupported-flags.ts";

/** `slipway build`. */
export async function buildCommand(context: CliContext, path: string, flags: BuildFlags): Promise<number> {
  const mode = progressMode(context, flags);
  const progress = printer(context, mode, mode === "quiet" && !archiveOnStdout(flags));
  const sources = new Map<string, string>();
  let time = 0;
  const onEvent = (event: BuildEvent) => {
    time = event.time;
    if (event.type === "build.start" && event.text !== undefined) sources.set(event.dockerfile, event.text);
    // As JSON this is told below, with the remedy, and also where the library was never asked.
    if (event.type !== "build.error" || mode !== "json") progress.handle(event);
  };
  try {
    const options = buildOptions(context, path, flags);
    for (const message of unsupportedFlags(flags)) {
      if (mode === "json") progress.handle({ type: "warning", time, message });
      else context.stderr.write(`WARNING: ${message}\n`);
    }
    prepareFiles(flags, context.environment.cwd);
    const result = await build(
      { ...options, onEvent, signal: context.signal, stdout: context.stdout },
      context.environment,
    );
    progress.finish();
    writeResult(result, flags, context.environment.cwd);
    return EXIT.ok;
  } catch (error) {
    if (mode === "json") progress.handle(failureEvent(error, time));
    progress.finish();
    return mode === "json" ? failureCode(error) : reportError(context, error, sources);
  }
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
function printer(context: CliContext, mode: ProgressMode, onStdout: boolean): ProgressPrinter {
  const stream = onStdout ? context.stdout : context.stderr;
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
    { colours },
  );
}

const MODES: Readonly<Record<string, ProgressMode>> = {
  auto: "auto",
  tty: "tty",
  plain: "plain",
  json: "json",
  rawjson: "json",
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

/** A long build must not end in a file that could never be written; an id of an earlier build must not stay. */
function prepareFiles({ iidfile, metadataFile }: BuildFlags, cwd: string): void {
  for (const path of [iidfile, metadataFile]) if (path) checkWritable(resolve(cwd, path));
  if (!iidfile) return;
  const path = resolve(cwd, iidfile);
  asOutput(path, () => {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path);
  });
}

function checkWritable(path: string): void {
  asOutput(path, () => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new SlipwayError("OUTPUT_INVALID", `cannot write ${path}: it is a folder`, {
        hint: "give the name of a file",
      });
    if (!statSync(dirname(path)).isDirectory())
      throw new SlipwayError("OUTPUT_INVALID", `cannot write ${path}: ${dirname(path)} is not a folder`);
  });
}

function writeResult(result: BuildResult, flags: BuildFlags, cwd: string): void {
  if (flags.iidfile) writeText(resolve(cwd, flags.iidfile), result.imageId);
  if (flags.metadataFile)
    writeText(resolve(cwd, flags.metadataFile), `${JSON.stringify(metadata(result), null, 2)}\n`);
}

function writeText(path: string, text: string): void {
  asOutput(path, () => writeFileSync(path, text, { mode: 0o644 }));
}

function asOutput(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw outputError(error, path);
  }
}

/** The keys that `docker buildx build --metadata-file` writes (SPEC MF-05, 8.1). */
function metadata(result: BuildResult): Record<string, unknown> {
  const single = result.images.length === 1 ? result.images[0] : undefined;
  return {
    "containerimage.descriptor": result.descriptor,
    "containerimage.digest": Object.values(result.pushed)[0] ?? result.descriptor.digest,
    ...(single ? { "containerimage.config.digest": single.configDigest } : {}),
    ...(result.names.length > 0 ? { "image.name": result.names.join(",") } : {}),
    ...(result.warnings.length > 0 ? { "buildx.build.warnings": result.warnings } : {}),
  };
}
