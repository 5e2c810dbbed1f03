import type { Command } from "commander";
import type { Run } from "../run-handler.ts";
import type { CheckFlags, ScriptFlags } from "./preflight-flag-values.ts";

/** Commands about what an image presumes of the place where it is started. */
export function definePreflight(program: Command, run: Run): void {
  const preflight = program
    .command("preflight")
    .description("Check what an image presumes (preflight.yaml) before it is started")
    .enablePositionalOptions();
  preflight
    .command("script")
    .description(
      "Write an entry script for sh that checks everything inside the container, then becomes the program",
    )
    .argument("[program...]", "what it starts, ahead of its own arguments; none: its arguments name it")
    .passThroughOptions()
    .option("-f, --file <path>", "the contract; - is standard input", "preflight.yaml")
    .option("-o, --output <path>", "write to a file, which becomes executable, instead of standard output")
    .option("--strict", "what cannot be checked inside counts as a failure")
    .action((words: string[], flags: ScriptFlags) =>
      run(async () => {
        const { scriptCommand } = await import("./preflight.ts");
        return (cli) => scriptCommand(cli, words, flags);
      }),
    );
  preflight
    .command("check")
    .description(
      "Say whether an image would pass with these flags of `slipway run`; ends with 1 where it would not",
    )
    .argument("<image>", "name or id")
    .argument("[flags...]", "behind --: flags of `slipway run`, and a command")
    .passThroughOptions()
    .option("--format <format>", "text or json", "text")
    .action((image: string, words: string[], flags: CheckFlags) =>
      run(async () => {
        const { checkCommand } = await import("./preflight.ts");
        return (cli) => checkCommand(cli, image, words, flags);
      }),
    );
}
