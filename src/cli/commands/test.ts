import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type TestImageOptions, testImage } from "../../api/test-image.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import { formatReport, type ReportFormat, summaryText } from "../../gate/report.ts";
import type { TestReport } from "../../gate/test-result.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { writeText } from "../write-text.ts";

/** Flags of `test` as commander gives them. */
export interface TestFlags {
  readonly image?: string;
  readonly config: readonly string[];
  readonly output: ReportFormat;
  readonly testReport?: string;
  readonly platform?: string;
  readonly pull: "always" | "missing" | "never";
  readonly runtime?: string;
  readonly quiet?: boolean;
}

/** `slipway test`: 0 where every test passed, 1 where one did not (docs/exit-codes.md). */
export async function testCommand(
  context: CliContext,
  argument: string | undefined,
  flags: TestFlags,
): Promise<number> {
  const { stdout, environment } = context;
  const isLive = flags.output === "text" && !flags.quiet;
  const options: TestImageOptions = {
    ...testOptions(context, argument, flags),
    ...(isLive ? { onText: (text) => writeText(stdout, text) } : {}),
  };
  const report = await testImage(options, environment);
  if (isLive) writeText(stdout, summaryText(report));
  // Programs get it as it is; JSON and XML have no control characters.
  else if (!flags.quiet) stdout.write(formatReport(report, flags.output));
  if (flags.testReport !== undefined) writeReport(report, flags.testReport, flags.output, environment.cwd);
  return report.failed === 0 ? EXIT.ok : EXIT.failed;
}

function testOptions(context: CliContext, argument: string | undefined, flags: TestFlags): TestImageOptions {
  const image = argument ?? flags.image;
  if (
    image === undefined ||
    (argument !== undefined && flags.image !== undefined && flags.image !== argument)
  )
    throw new SlipwayError("USAGE", "test takes the name of one image", {
      hint: "write slipway test IMAGE -c tests.yaml",
    });
  if (flags.config.length === 0)
    throw new SlipwayError("USAGE", "there are no tests", { hint: "name a file of tests: -c tests.yaml" });
  return {
    image,
    files: flags.config,
    pull: flags.pull,
    ...(flags.platform ? { platform: parsePlatform(flags.platform) } : {}),
    ...(flags.runtime ? { runtime: flags.runtime } : {}),
    onWarning: (message) => writeText(context.stderr, `WARNING: ${message}\n`),
    signal: context.signal,
  };
}

function writeReport(report: TestReport, file: string, output: ReportFormat, cwd: string): void {
  const isXml = output === "junit" || file.toLowerCase().endsWith(".xml");
  try {
    writeFileSync(resolve(cwd, file), formatReport(report, isXml ? "junit" : "json"));
  } catch (cause) {
    throw new SlipwayError("OUTPUT_INVALID", `cannot write the report ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
