import type { Command } from "commander";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import { defineDiff } from "./diff-flags.ts";

/** Commands on containers that have been made. */
export function defineContainerControl(program: Command, run: Run): void {
  defineLooking(program, run);
  defineStarting(program, run);
  defineEnding(program, run);
  defineExec(program, run);
  defineFiles(program, run);
}

function defineLooking(program: Command, run: Run): void {
  program
    .command("ps")
    .description("List containers")
    .option("-a, --all", "also those that do not run")
    .option("-q, --quiet", "print ids only")
    .option("-n, --last <number>", "the latest ones, whatever their state")
    .option("-l, --latest", "the latest one, whatever its state")
    .option("-f, --filter <name=value>", "ancestor, exited, health, id, label, name, status", collect, [])
    .option("--format <format>", "table, json, or a template such as {{.Names}}", "table")
    .option("--no-trunc", "print whole ids and commands")
    .action((flags) => run(async () => (await import("./ps.ts")).psCommand(flags)));
  program
    .command("logs")
    .description("Print what a container said")
    .argument("<container>", "name or id")
    .option("-f, --follow", "wait for more until it ends")
    .option("--since <time>", "a time, or a duration such as 10m")
    .option("--until <time>", "a time, or a duration such as 10m")
    .option("-n, --tail <number>", "only the last lines", "all")
    .option("-t, --timestamps", "print the time of each line")
    .action((name: string, flags) => run(async () => (await import("./logs.ts")).logsCommand(name, flags)));
  program
    .command("port")
    .description("Print where published ports are reached")
    .argument("<container>", "name or id")
    .argument("[port]", "one of them, such as 80 or 53/udp")
    .action((name: string, port: string | undefined) =>
      run(async () => (await import("./port.ts")).portCommand(name, port)),
    );
  program
    .command("wait")
    .description("Wait until containers have ended, and print their exit codes")
    .argument("<container...>", "names or ids")
    .option("--condition <condition>", "not-running, running, healthy or removed", "not-running")
    .action((names: string[], flags) =>
      run(async () => (await import("./control.ts")).waitCommand(names, flags)),
    );
}

function defineStarting(program: Command, run: Run): void {
  program
    .command("start")
    .description("Start containers that have been made, or have ended")
    .argument("<container...>", "names or ids")
    .action((names: string[]) => run(async () => (await import("./control.ts")).startCommand(names)));
  program
    .command("restart")
    .description("Stop containers and start them again")
    .argument("<container...>", "names or ids")
    .option("-t, --timeout <seconds>", "how long to wait before SIGKILL; -1: for ever")
    .option("-s, --signal <signal>", "what to stop it by")
    .action((names: string[], flags) =>
      run(async () => (await import("./control.ts")).restartCommand(names, flags)),
    );
  program
    .command("rename")
    .description("Give a container another name")
    .argument("<container>", "name or id")
    .argument("<name>", "the new name")
    .action((from: string, to: string) =>
      run(async () => (await import("./control.ts")).renameCommand(from, to)),
    );
}

function defineEnding(program: Command, run: Run): void {
  program
    .command("stop")
    .description("Ask containers to end, and kill them if they do not")
    .argument("<container...>", "names or ids")
    .option("-t, --timeout <seconds>", "how long to wait before SIGKILL; -1: for ever")
    .option("-s, --signal <signal>", "what to stop it by")
    .action((names: string[], flags) =>
      run(async () => (await import("./control.ts")).stopCommand(names, flags)),
    );
  program
    .command("kill")
    .description("Send a signal to containers")
    .argument("<container...>", "names or ids")
    .option("-s, --signal <signal>", "name or number", "KILL")
    .action((names: string[], flags) =>
      run(async () => (await import("./control.ts")).killCommand(names, flags)),
    );
  program
    .command("rm")
    .description("Remove containers with all that they wrote")
    .argument("<container...>", "names or ids")
    .option("-f, --force", "kill those that run; a missing one is no error")
    .option("-v, --volumes", "remove their anonymous volumes, too")
    .action((names: string[], flags) =>
      run(async () => (await import("./control.ts")).removeContainersCommand(names, flags)),
    );
  const container = program.command("container").description("Look after containers");
  container
    .command("prune")
    .description("Remove every container that does not run")
    .option("-f, --force", "do not ask")
    .action((flags) => run(async () => (await import("./system.ts")).pruneContainersCommand(flags)));
}

function defineExec(program: Command, run: Run): void {
  program
    .command("exec")
    .description("Run a further command in a container that runs")
    .argument("<container>", "name or id")
    .argument("<command...>", "the command and its arguments")
    .passThroughOptions()
    .option("-d, --detach", "do not wait for it")
    .option("-i, --interactive", "keep standard input open")
    .option("-t, --tty", "give the process a terminal")
    .option("-e, --env <name=value>", "set a variable", collect, [])
    .option("--env-file <path>", "read variables from a file", collect, [])
    .option("-u, --user <user[:group]>", "user and group, names or numbers")
    .option("-w, --workdir <path>", "working directory")
    .action((name: string, command: string[], flags) =>
      run(async () => (await import("./exec.ts")).execCommand(name, command, flags)),
    );
}

function defineFiles(program: Command, run: Run): void {
  program
    .command("cp")
    .description("Copy files between a container and this machine")
    .argument("<source>", "CONTAINER:PATH, PATH, or - for an archive on standard input")
    .argument("<target>", "CONTAINER:PATH, PATH, or - for an archive on standard output")
    .option("-a, --archive", "keep owners")
    .option("-L, --follow-link", "copy what a link leads to")
    .option("-q, --quiet", "nothing is printed in any case")
    .action((source: string, target: string, flags) =>
      run(async () => (await import("./container-files.ts")).copyCommand(source, target, flags)),
    );
  defineDiff(program, run);
  program
    .command("commit")
    .description("Make an image of a container")
    .argument("<container>", "name or id")
    .argument("[image]", "name of the image")
    .option("-m, --message <text>", "text of its history entry")
    .option("-a, --author <name>", "who made it")
    .option(
      "-c, --change <instruction>",
      "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME or WORKDIR for its configuration",
      collect,
      [],
    )
    .action((name: string, image: string | undefined, flags) =>
      run(async () => (await import("./container-files.ts")).commitCommand(name, image, flags)),
    );
  program
    .command("export")
    .description("Write the files of a container as a tar archive")
    .argument("<container>", "name or id")
    .option("-o, --output <path>", "the file (default: standard output)", "-")
    .action((name: string, flags) =>
      run(async () => (await import("./container-files.ts")).exportCommand(name, flags)),
    );
}
