import type { Command } from "commander";
import type { Run } from "../run-handler.ts";

/** Commands about the store and the machine. */
export function defineSystem(program: Command, run: Run): void {
  program
    .command("doctor")
    .description(
      "Say what this machine can do, which runtime will be used, and what to install for a better one",
    )
    .option("--format <format>", "text or json", "text")
    .action((flags) => run(async () => (await import("./doctor.ts")).doctorCommand(flags)));
  const system = program.command("system").description("Look after the store");
  system
    .command("df")
    .description("Show what takes space")
    .option("--format <format>", "table or json", "table")
    .action((flags) => run(async () => (await import("./system.ts")).diskUsageCommand(flags)));
  system
    .command("prune")
    .description("Remove what no name needs")
    .option("-a, --all", "forget the build cache, too, and empty cache mounts")
    .option("--volumes", "anonymous volumes that no container has, too")
    .option("-f, --force", "do not ask")
    .action((flags) => run(async () => (await import("./system.ts")).pruneCommand(flags)));
}
