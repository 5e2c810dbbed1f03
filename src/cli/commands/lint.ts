import type { BuildOptions } from "../../api/build-options.ts";
import { type LintResult, lint } from "../../api/lint.ts";
import { SlipwayError } from "../../core/errors.ts";
import { lintSarif } from "../../lint/sarif.ts";
import { safeName } from "../../progress/safe-text.ts";
import { sourceLines, splitLines } from "../../progress/source-lines.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { fixSummary } from "../fix-summary.ts";
import { reportError } from "../report-error.ts";
import { VERSION } from "../version.ts";
import { writeText } from "../write-text.ts";
import { buildArguments } from "./build-request.ts";

/** Flags of `lint` as commander gives them. */
export interface LintFlags {
  readonly file?: string;
  readonly target?: string;
  readonly buildArg: readonly string[];
  readonly format: "text" | "json" | "sarif";
  readonly failOn: "warning" | "info" | "none";
  readonly fix?: boolean;
  readonly dryRun?: boolean;
}

/** `slipway lint`: 1 where there is a finding that counts, or a build would fail (docs/exit-codes.md). */
export async function lintCommand(context: CliContext, path: string, flags: LintFlags): Promise<number> {
  const options: BuildOptions = {
    context: path,
    ...(flags.file ? { file: flags.file } : {}),
    ...(flags.target ? { target: flags.target } : {}),
    buildArgs: buildArguments(flags.buildArg, context.environment.variables),
    signal: context.signal,
  };
  if (flags.fix) return fixCommand(context, options, flags);
  if (flags.dryRun) throw new SlipwayError("USAGE", "--dry-run needs --fix");
  const result = await lint(options, context.environment);
  const { name, bytes } = result.dockerfile;
  const text = Buffer.from(bytes).toString("utf8");
  write(context, flags.format, result, text);
  if (result.error && flags.format === "text")
    return reportError(context, result.error, new Map([[name, text]]));
  return result.error || counts(result, flags.failOn) ? EXIT.failed : EXIT.ok;
}

/** The changes on standard output, what was done and what is left on standard error. */
async function fixCommand(context: CliContext, options: BuildOptions, flags: LintFlags): Promise<number> {
  if (flags.format !== "text")
    throw new SlipwayError("USAGE", "--fix does not go with --format", {
      hint: "lint the Dockerfile once more when it is mended",
    });
  const { fixLint } = await import("../../api/fix-lint.ts");
  const dryRun = flags.dryRun ?? false;
  const result = await fixLint({ ...options, dryRun }, context.environment);
  writeText(context.stdout, result.diff);
  writeText(context.stderr, fixSummary(result, dryRun));
  return EXIT.ok;
}

function write(context: CliContext, format: LintFlags["format"], result: LintResult, text: string): void {
  const { findings, error } = result;
  switch (format) {
    case "text":
      writeText(context.stdout, lintText(result));
      break;
    case "json":
      context.stdout.write(`${JSON.stringify(lintJson(result), null, 2)}\n`);
      break;
    case "sarif":
      context.stdout.write(
        lintSarif({ findings, text, ...(error ? { problem: error.message } : {}) }, VERSION),
      );
      break;
    default:
      format satisfies never;
  }
}

function counts({ findings }: LintResult, failOn: LintFlags["failOn"]): boolean {
  return failOn !== "none" && findings.some(({ severity }) => failOn === "info" || severity === "warning");
}

/** Lines of an instruction that are shown with each finding about it. */
const MOST_LINES = 12;

/** How many there are, then each with its place and its remedy. */
export function lintText({ findings, dockerfile, error }: LintResult): string {
  if (findings.length === 0) return error ? "" : "Nothing found.\n";
  const lines = splitLines(Buffer.from(dockerfile.bytes).toString("utf8"));
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  const shown = findings.flatMap(({ rule, severity, page, message, fix, source }) => [
    "",
    `${severity.toUpperCase()}: ${rule}${page === undefined ? "" : ` - ${page}`}`,
    safeName(message),
    ...sourceLines(source, lines, MOST_LINES),
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
  ]);
  return [`Warnings: ${warnings}, advice: ${findings.length - warnings}`, ...shown]
    .map((line) => `${line}\n`)
    .join("");
}

/** The same for programs. */
export function lintJson({ findings, dockerfile, error }: LintResult) {
  return {
    version: 1,
    dockerfile: dockerfile.name,
    findings,
    ...(error
      ? {
          error: {
            code: error.code,
            message: error.message,
            ...(error.source ? { source: error.source } : {}),
          },
        }
      : {}),
  };
}
