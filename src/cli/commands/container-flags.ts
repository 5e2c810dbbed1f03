import type { Command } from "commander";
import { collect, collectCommas, collectCsv } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { RunFlags } from "./run-flag-values.ts";

/** Commands that launch what was built. */
export function defineContainers(program: Command, run: Run): void {
  program
    .command("run")
    .description("Run a command in a new container, in the foreground")
    .argument("<image>", "name or id")
    .argument("[command...]", "replaces the image's CMD")
    .passThroughOptions()
    .option("--rm", "remove the container when it ends (always so for foreground containers)")
    .option("-i, --interactive", "keep standard input open")
    .option("-t, --tty", "give the process a terminal")
    .option(
      "-e, --env <name=value>",
      "set a variable; without =value it comes from the environment",
      collect,
      [],
    )
    .option("--env-file <path>", "read variables from a file", collect, [])
    .option("-v, --volume <source:target[:ro]>", "mount a file or folder of this machine", collect, [])
    .option("-w, --workdir <path>", "working directory")
    .option("-u, --user <user[:group]>", "user and group, names or numbers")
    .option("--entrypoint <program>", 'replaces the image\'s ENTRYPOINT; "" removes it')
    .option("--network <mode>", "host or none", "host")
    .option("-h, --hostname <name>", "host name inside")
    .option("--add-host <host:ip>", "add a line to /etc/hosts; host-gateway is this machine", collectCsv, [])
    .option("--read-only", "mount the root filesystem read-only")
    .option("--tmpfs <path>", "mount an empty tmpfs", collect, [])
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
    .helpOption("--help", "display help for command")
    .action((image: string, command: string[], flags: RunFlags) =>
      run(async () => {
        const { runCommand } = await import("./run.ts");
        return (cli) => runCommand(cli, image, command, flags);
      }),
    );
}
