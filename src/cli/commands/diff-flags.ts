import { type Command, Option } from "commander";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { DiffFlags } from "./diff.ts";

/** The command that lists what is different: in a container, or between two images. */
export function defineDiff(program: Command, run: Run): void {
  program
    .command("diff")
    .description(
      "With one name: list what a container changed of its image's files. With two: compare images, field by field and path by path",
    )
    .argument(
      "<container|image>",
      "name or id of a container or of the first image, or an archive or OCI layout",
    )
    .argument("[image]", "the second image")
    .addOption(
      new Option("--format <format>", "how differences of images are printed").choices(["text", "json"]),
    )
    .option("--exit-code", "end with 1 where the images differ")
    .addOption(new Option("--only <part>", "compare nothing else").choices(["config", "files"]))
    .option("--path <path>", "compare only files at or below a path; may be repeated", collect, [])
    .option(
      "--content <path>",
      "show how texts differ: a file, or all texts below a folder; may be repeated",
      collect,
      [],
    )
    .option("--times", "times of files and images count, too")
    .option("--all", "list every path that was added or removed, instead of whole folders")
    .option(
      "--platform <os/arch>",
      "the platform to look at, of images for several; once for both images, or once for each",
      collect,
      [],
    )
    .addOption(
      new Option("--pull <when>", "when to ask the registry").choices(["always", "missing", "never"]),
    )
    .action((first: string, second: string | undefined, flags: DiffFlags) =>
      run(async () => {
        const { diffCommand } = await import("./diff.ts");
        return (cli) => diffCommand(cli, [first, second], flags);
      }),
    );
}
