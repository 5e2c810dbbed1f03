import type { Command } from "commander";
import { collect, collectCommas } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import { definePlaceFlags } from "./place-flags.ts";
import type { RunFlags } from "./run-flag-values.ts";

/** Commands that launch what was built. */
export function defineContainers(program: Command, run: Run): void {
  const start = program
    .command("run")
    .description("Run a command in a new container")
    .option("-d, --detach", "run it in the background and print its id");
  defineContainerFlags(start).action((image: string, command: string[], flags: RunFlags) =>
    run(async () => {
      const { runCommand } = await import("./run.ts");
      return (cli) => runCommand(cli, image, command, flags);
    }),
  );
  const create = program.command("create").description("Make a container without starting it");
  defineContainerFlags(create).action((image: string, command: string[], flags: RunFlags) =>
    run(async () => {
      const { createCommand } = await import("./run.ts");
      return (cli) => createCommand(cli, image, command, flags);
    }),
  );
}

/** What `run` and `create` take. */
function defineContainerFlags(command: Command): Command {
  defineLifeFlags(command);
  definePlaceFlags(command);
  return command
    .argument("<image>", "name or id")
    .argument("[command...]", "replaces the image's CMD")
    .passThroughOptions()
    .option("--rm", "remove the container when it ends")
    .option("-i, --interactive", "keep standard input open")
    .option("-t, --tty", "give the process a terminal")
    .option(
      "-e, --env <name=value>",
      "set a variable; without =value it comes from the environment",
      collect,
      [],
    )
    .option("--env-file <path>", "read variables from a file", collect, [])
    .option("-w, --workdir <path>", "working directory")
    .option("-u, --user <user[:group]>", "user and group, names or numbers")
    .option("--entrypoint <program>", 'replaces the image\'s ENTRYPOINT; "" removes it')
    .option("--read-only", "mount the root filesystem read-only")
    .option("--cap-add <capability>", "add a capability", collectCommas, [])
    .option("--cap-drop <capability>", "drop a capability", collectCommas, [])
    .option("--shm-size <bytes>", "size of /dev/shm, for example 64m")
    .option("-m, --memory <bytes>", "most memory, for example 512m")
    .option("--memory-swap <bytes>", "most memory and swap together; -1: no limit (default: twice --memory)")
    .option("--cpus <number>", "processor time, in processors, for example 1.5")
    .option("-c, --cpu-shares <number>", "weight beside others, 1024 by default")
    .option("--cpu-period <microseconds>", "what --cpu-quota refers to")
    .option("--cpu-quota <microseconds>", "processor time in each period")
    .option("--cpuset-cpus <list>", "processors that may be used, for example 0-2,7")
    .option("--cpuset-mems <list>", "memory nodes that may be used")
    .option("--pids-limit <number>", "most processes and threads; -1: no limit")
    .option("--cgroup-parent <path>", "the parent of the container's control group")
    .option("--ulimit <name=soft[:hard]>", "a resource limit", collect, [])
    .option("--platform <os/arch>", "the platform of the image")
    .option("--pull <when>", "always, missing or never", "missing")
    .option("--runtime <name>", "crun, runc or unshare (default: the best that is there)")
    .option("--no-preflight", "do not check what the image presumes (its contract) before it is started")
    .helpOption("--help", "display help for command");
}

/** Flags about names, the beginning and the end of a container, and its health. */
function defineLifeFlags(command: Command): void {
  command
    .option("--name <name>", "name of the container")
    .option("-l, --label <name=value>", "set a label", collect, [])
    .option("--label-file <path>", "read labels from a file", collect, [])
    .option("--cidfile <path>", "write the container's id to a new file")
    .option("--init", "put an init in front of the command, which forwards signals and reaps processes")
    .option("--group-add <group>", "add a group to the user", collect, [])
    .option("--stop-signal <signal>", "what `stop` sends (default: the image's, else SIGTERM)")
    .option("--stop-timeout <seconds>", "how long `stop` waits before SIGKILL; -1: for ever (default: 10)")
    .option("--restart <policy>", "no, on-failure[:max-retries], always or unless-stopped", "no")
    .option("--health-cmd <command>", "check health by this command, in a shell")
    .option("--health-interval <duration>", "time between checks, for example 30s")
    .option("--health-timeout <duration>", "most time that a check may take")
    .option("--health-retries <number>", "failures in a row that make it unhealthy")
    .option("--health-start-period <duration>", "time in which failures do not count yet")
    .option("--health-start-interval <duration>", "time between checks in the start period")
    .option("--no-healthcheck", "do not check health, whatever the image says");
}
