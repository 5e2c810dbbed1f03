import { type Command, Option } from "commander";
import { collect, collectAllCommas } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { LockFlags } from "./lock-flag-values.ts";

/** The command that pins what a Dockerfile names. */
export function defineLock(program: Command, run: Run): void {
  program
    .command("lock")
    .description("Write Dockerfile.lock: what the images, URLs and repositories of a Dockerfile stand for")
    .argument("[context]", "a folder, or a git or http URL", ".")
    .option("-f, --file <path>", "the Dockerfile (default: <context>/Dockerfile)")
    .option("--lock-file <path>", "the lock (default: <Dockerfile>.lock beside the Dockerfile)")
    .option(
      "--update [name]",
      "ask anew for what this names (an image, a URL, a repository; may be repeated), or for everything",
      (name: string, names: string[] | undefined) => [...(names ?? []), name],
    )
    .option(
      "--verify",
      "write nothing; end with 1 where Dockerfile, registries or servers say something else",
    )
    .option("--offline", "ask nobody: with --verify, compare with the Dockerfile alone")
    .option(
      "--build-arg <name=value>",
      "set a build argument; repeated with other values, all of them count",
      collect,
      [],
    )
    .option("--build-context <name=source>", "a further context, as for build", collect, [])
    .option(
      "--target <stage>",
      "lock this stage and what it needs (default: all); may be repeated",
      collect,
      [],
    )
    .option(
      "--platform <os/arch>",
      "lock for these platforms, where names depend on them",
      collectAllCommas,
      [],
    )
    .option("--secret <spec>", "a secret that a server asks for, as for build", collect, [])
    .option("--ssh <spec>", "an ssh agent for repositories, as for build", collect, [])
    .addOption(
      new Option("--format <format>", "how changes are printed").choices(["text", "json"]).default("text"),
    )
    .action((context: string, flags: LockFlags) =>
      run(async () => {
        const { lockCommand } = await import("./lock.ts");
        return (cli) => lockCommand(cli, context, flags);
      }),
    );
}
