import { rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { build } from "../../api/build.ts";
import type { BuildResult } from "../../api/build-options.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { BuildEvent } from "../../core/events.ts";
import { outputError } from "../../output/destination.ts";
import { createProgress } from "../../progress/create-progress.ts";
import type { ProgressMode, ProgressPrinter } from "../../progress/printer.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { reportError } from "../report-error.ts";
import type { BuildFlags } from "./build-flag-values.ts";
import { buildOptions } from "./build-request.ts";

/** `slipway build`. */
export async function buildCommand(context: CliContext, path: string, flags: BuildFlags): Promise<number> {
  const options = buildOptions(context, path, flags);
  const { cwd } = context.environment;
  prepareFiles(flags, cwd);
  const progress = printer(context, flags);
  const sources = new Map<string, string>();
  const onEvent = (event: BuildEvent) => {
    if (event.type === "build.start" && event.text !== undefined) sources.set(event.dockerfile, event.text);
    progress.handle(event);
  };
  try {
    const result = await build(
      { ...options, onEvent, signal: context.signal, stdout: context.stdout },
      context.environment,
    );
    progress.finish();
    writeResult(result, flags, cwd);
    return EXIT.ok;
  } catch (error) {
    progress.finish();
    return reportError(context, error, sources);
  }
}

/** Progress goes to standard error; what a script wants to read (`-q`: the id) to standard output. */
function printer(context: CliContext, flags: BuildFlags): ProgressPrinter {
  const mode = progressMode(context, flags);
  const stream = mode === "quiet" ? context.stdout : context.stderr;
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
