import { type Command, Option } from "commander";
import { REPORT_FORMATS } from "../../gate/report.ts";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { TestFlags } from "./test.ts";

const PULL_MODES = ["always", "missing", "never"];

/** The command that tests images. */
export function defineTest(program: Command, run: Run): void {
  program
    .command("test")
    .description("Test an image: its configuration, files, commands, and how its containers behave")
    .argument("[image]", "name or id")
    .option("-i, --image <image>", "the same as the argument")
    .option("-c, --config <file>", "a file of tests, YAML or JSON; may be repeated", collect, [])
    .addOption(
      new Option("-o, --output <format>", "how results are printed").choices(REPORT_FORMATS).default("text"),
    )
    .option(
      "--test-report <file>",
      "write the results to a file, too: JSON, or JUnit with -o junit or a name in .xml",
    )
    .option("--platform <os/arch>", "the platform to test, of an image for several")
    .addOption(new Option("--pull <when>", "when to ask the registry").choices(PULL_MODES).default("missing"))
    .option("--runtime <name>", "crun, runc or unshare (default: the best that is there)")
    .option("-q, --quiet", "print nothing; the exit code tells")
    .action((image: string | undefined, flags: TestFlags) =>
      run(async () => {
        const { testCommand } = await import("./test.ts");
        return (cli) => testCommand(cli, image, flags);
      }),
    );
}
