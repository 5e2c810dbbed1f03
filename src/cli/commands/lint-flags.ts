import { type Command, Option } from "commander";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { LintFlags } from "./lint.ts";

/** The command that lints Dockerfiles. */
export function defineLint(program: Command, run: Run): void {
  program
    .command("lint")
    .description("Say what is wrong with a Dockerfile, and what could be better: BuildKit's rules and more")
    .argument("[context]", "a folder, or a git or http URL", ".")
    .option("-f, --file <path>", "the Dockerfile (default: <context>/Dockerfile)")
    .option("--target <stage>", "the stage that is the result (default: the last one)")
    .option("--build-arg <name=value>", "set a build argument", collect, [])
    .addOption(
      new Option("--format <format>", "how findings are printed")
        .choices(["text", "json", "sarif"])
        .default("text"),
    )
    .addOption(
      new Option(
        "--fail-on <severity>",
        "end with 1 where there is a finding of this severity, or a worse one",
      )
        .choices(["warning", "info", "none"])
        .default("warning"),
    )
    .option("--fix", "rewrite the Dockerfile where that is safe, and show what was changed")
    .option("--dry-run", "with --fix: write nothing")
    .action((context: string, flags: LintFlags) =>
      run(async () => {
        const { lintCommand } = await import("./lint.ts");
        return (cli) => lintCommand(cli, context, flags);
      }),
    );
}
