import type { Command } from "commander";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";

/** Commands on images of the store: looking at them, naming, moving them. */
export function defineImages(program: Command, run: Run): void {
  defineLooking(program, run);
  defineNaming(program, run);
  defineMoving(program, run);
  defineMaking(program, run);
}

function defineLooking(program: Command, run: Run): void {
  program
    .command("images")
    .alias("ls")
    .description("List the images in the store")
    .argument("[name]", "only this repository or name")
    .option("-q, --quiet", "print ids only")
    .option("--no-trunc", "print whole ids")
    .option("--digests", "print the digest that a name points to, too")
    .option("--format <format>", "table, json, or a template such as {{.ID}}", "table")
    .action((name: string | undefined, flags) =>
      run(async () => (await import("./images.ts")).imagesCommand(name, flags)),
    );
  program
    .command("inspect")
    .description("Print what is known of containers and images as JSON")
    .argument("<name...>", "names or ids")
    .option(
      "-f, --format <template>",
      "json, or a template of Go such as {{range .Config.Env}}{{println .}}{{end}}",
    )
    .option("--platform <os/arch>", "the platform to look at, of an image for several")
    .option("--type <type>", "container or image (default: a container of that name, else an image)")
    .action((names: string[], flags) =>
      run(async () => (await import("./images.ts")).inspectCommand(names, flags)),
    );
  program
    .command("history")
    .description("Print the steps that made an image, the newest first")
    .argument("<name>", "name or id")
    .option("-q, --quiet", "print ids only")
    .option("--no-trunc", "print whole commands and ids")
    .option("--no-human", "print bytes and full times")
    .option("--platform <os/arch>", "the platform to look at, of an image for several")
    .option("--format <format>", "table, json, or a template such as {{.ID}}", "table")
    .action((name: string, flags) =>
      run(async () => (await import("./images.ts")).historyCommand(name, flags)),
    );
}

function defineNaming(program: Command, run: Run): void {
  program
    .command("tag")
    .description("Give an image a further name")
    .argument("<source>", "name or id")
    .argument("<target>", "the new name")
    .action((source: string, target: string) =>
      run(async () => (await import("./images.ts")).tagCommand(source, target)),
    );
  program
    .command("rmi")
    .description("Remove names of images, and images without names")
    .argument("<name...>", "names or ids")
    .option("-f, --force", "remove an id with all its names; a missing image is no error")
    .action((names: string[], flags) =>
      run(async () => (await import("./images.ts")).removeCommand(names, flags)),
    );
}

function defineMoving(program: Command, run: Run): void {
  program
    .command("pull")
    .description("Get an image from a registry")
    .argument("<name>", "name, with tag or digest")
    .option("--platform <os/arch>", "the platform to get")
    .option("-q, --quiet", "print the name only")
    .action((name: string, flags) =>
      run(async () => (await import("./transfer.ts")).pullCommand(name, flags)),
    );
  program
    .command("push")
    .description("Send an image to its registry")
    .argument("<name>", "name, with tag")
    .option("-q, --quiet", "print the name only")
    .action((name: string, flags) =>
      run(async () => (await import("./transfer.ts")).pushCommand(name, flags)),
    );
  program
    .command("save")
    .description("Write images to an archive")
    .argument("<name...>", "names or ids")
    .option("-o, --output <path>", "the file (default: standard output)", "-")
    .option("--format <format>", "docker, oci-archive or oci-dir", "docker")
    .action((names: string[], flags) =>
      run(async () => (await import("./transfer.ts")).saveCommand(names, flags)),
    );
  program
    .command("load")
    .description("Read images from an archive or an OCI layout")
    .option("-i, --input <path>", "the file or folder (default: standard input)", "-")
    .option("-q, --quiet", "print nothing but names")
    .action((flags) => run(async () => (await import("./transfer.ts")).loadCommand(flags)));
  program
    .command("login")
    .description("Keep credentials for a registry")
    .argument("[server]", "the registry's host name")
    .option("-u, --username <name>", "user name")
    .option("-p, --password <password>", "password (better: --password-stdin)")
    .option("--password-stdin", "read the password from standard input")
    .action((server: string | undefined, flags) =>
      run(async () => (await import("./login.ts")).loginCommand(server, flags)),
    );
  program
    .command("logout")
    .description("Forget the credentials for a registry")
    .argument("[server]", "the registry's host name")
    .action((server: string | undefined) =>
      run(async () => (await import("./login.ts")).logoutCommand(server)),
    );
}

function defineMaking(program: Command, run: Run): void {
  program
    .command("import")
    .description("Make an image of one layer from a root filesystem archive")
    .argument("<file>", "a tar file, plain or compressed, or -")
    .argument("<name>", "name of the image")
    .option(
      "-c, --change <instruction>",
      "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME or WORKDIR for its configuration",
      collect,
      [],
    )
    .option("-m, --message <text>", "text of its history entry")
    .option("--platform <os/arch>", "the platform it is for")
    .action((file: string, name: string, flags) =>
      run(async () => (await import("./import.ts")).importCommand(file, name, flags)),
    );
  program
    .command("bootstrap")
    .description("Make a minimal Debian or Ubuntu base image from a package mirror (needs mmdebstrap)")
    .argument("<name>", "distribution and suite, for example debian:bookworm")
    .option("-t, --tag <name>", "name the image differently")
    .option("--mirror <url>", "package mirror (default: mmdebstrap's)")
    .option("--variant <variant>", "mmdebstrap's variant", "minbase")
    .option("--include <packages>", "further packages, comma-separated")
    .option("--components <list>", "archive components, comma-separated")
    .action((name: string, flags) =>
      run(async () => (await import("./import.ts")).bootstrapCommand(name, flags)),
    );
}
