import { type Command, Option } from "commander";
import { collect, collectAllCommas, collectCommas, collectCsv } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { BuildFlags } from "./build-flag-values.ts";

/** Flags of other builders that need no meaning here (SPEC 8.1, hidden). */
const ACCEPTED = ["--compress", "--rm", "--force-rm"];
const ACCEPTED_WITH_VALUE = ["--isolation", "--builder"];
/** Limits one by one, as older builders take them; `--resource` is the same. */
const LIMITS = [
  "--cpu-period",
  "--cpu-quota",
  "-c, --cpu-shares",
  "--cpuset-cpus",
  "--cpuset-mems",
  "-m, --memory",
  "--memory-swap",
];
/** Flags whose meaning is missing: each gets a warning (see unsupported-flags.ts). */
const UNSUPPORTED = ["--squash"];
const UNSUPPORTED_WITH_VALUE = [
  "--attest",
  "--cache-from",
  "--cache-to",
  "--provenance",
  "--sbom",
  "--security-opt",
];

export function defineBuild(program: Command, run: Run): void {
  const command = program
    .command("build")
    .aliases(["b"])
    .description("Build an image from a Dockerfile")
    .argument("<context>", "a folder, a git or http URL, or - for standard input");
  defineInputs(command);
  defineOutputs(command);
  defineExecution(command);
  defineQuestions(command);
  for (const name of [...ACCEPTED, ...UNSUPPORTED]) command.addOption(new Option(name).hideHelp());
  for (const name of [...ACCEPTED_WITH_VALUE, ...LIMITS, ...UNSUPPORTED_WITH_VALUE])
    command.addOption(new Option(`${name} <value>`).argParser(collect).default([]).hideHelp());
  command.action((context: string, flags: BuildFlags) =>
    run(async () => {
      const { buildCommand } = await import("./build.ts");
      return (cli) => buildCommand(cli, context, flags);
    }),
  );
}

function defineInputs(command: Command): void {
  command
    .option("-f, --file <path>", "the Dockerfile (default: <context>/Dockerfile), - for standard input")
    .option("-t, --tag <name>", "name the image; may be repeated", collect, [])
    .option("--target <stage>", "build this stage and what it needs")
    .option(
      "--build-arg <name=value>",
      "set a build argument; without =value it comes from the environment",
      collect,
      [],
    )
    .option(
      "--build-context <name=source>",
      "a further context: folder, docker-image://, git or http URL",
      collect,
      [],
    )
    .option("--label <name=value>", "add a label to the image", collect, [])
    .option(
      "--platform <os/arch>",
      "build for these platforms (comma-separated or repeated)",
      collectAllCommas,
      [],
    )
    .option(
      "--secret <spec>",
      "id=NAME[,src=FILE|,env=VARIABLE]: a secret for RUN --mount=type=secret",
      collect,
      [],
    )
    .option(
      "--allow-secret-leak <id>",
      "let this secret, or build argument, be in the image; otherwise the build fails where one is",
      collect,
      [],
    )
    .option(
      "--ssh <spec>",
      "default or ID[=SOCKET|=KEY[,KEY…]]: an ssh agent, or keys, for RUN --mount=type=ssh",
      collect,
      [],
    );
}

function defineOutputs(command: Command): void {
  command
    .option(
      "-o, --output <spec>",
      "type=image|registry|oci|docker|local|tar|cacheonly[,dest=PATH,…]; a plain path means local",
      collect,
      [],
    )
    .option("--annotation <[type:]key=value>", "annotate the exported image", collect, [])
    .option(
      "--test <file>",
      "tests that the image has to pass before it is named, exported or pushed; may be repeated",
      collect,
      [],
    )
    .addOption(
      new Option(
        "--harden [profile]",
        "strip setuid, setgid and capabilities, and make a user where there is none; =strict removes shells and package managers, too; =off",
      ).preset("default"),
    )
    .option("--harden-keep <path>", "leave this program of the image as it is; may be repeated", collect, [])
    .option("--push", "push the image to its registry")
    .option("--load", "keep the image in the store (the default)")
    .option(
      "--reproducible",
      "the same bytes whenever it is built: times are SOURCE_DATE_EPOCH or 0, those of files, too",
    )
    .option("--iidfile <path>", "write the image id to a file")
    .option("--metadata-file <path>", "write facts about the result to a JSON file")
    .option("--progress <mode>", "auto, tty, plain, json, rawjson, quiet or none")
    .option("-q, --quiet", "print the image id and nothing else");
}

function defineExecution(command: Command): void {
  command
    .option("--no-cache", "run every step again")
    .option("--no-cache-filter <stage>", "run the steps of these stages again", collectCommas, [])
    .option("--pull", "ask the registry for every base image that no lock names")
    .option("--locked", "refuse whatever neither the Dockerfile nor its lock (Dockerfile.lock) pins")
    .option("--no-lock", "leave a lock beside the Dockerfile alone")
    .option("--lock-file <path>", "the lock (default: <Dockerfile>.lock beside the Dockerfile)")
    .option("--offline", "use what is on this machine only; RUN steps have no network without --network")
    .option("--network <mode>", "network of RUN steps: default, none or host")
    .option(
      "--allow <entitlement>",
      "network.host, security.insecure, device, device=NAME[,alias=NAME] or buildx.local.delete",
      collect,
      [],
    )
    .option(
      "--add-host <host=ip>",
      "add a line to /etc/hosts of RUN steps; host-gateway is this machine",
      collectCsv,
      [],
    )
    .option("--shm-size <bytes>", "size of /dev/shm of RUN steps, for example 64m")
    .option("--ulimit <name=soft[:hard]>", "a resource limit of RUN steps", collect, [])
    .option(
      "--resource <name=value>",
      "limit RUN steps: memory, memory-swap, cpu-shares, cpu-period, cpu-quota, cpuset-cpus, cpuset-mems",
      collect,
      [],
    )
    .option(
      "--cgroup-parent <path>",
      "the parent of the control groups of RUN steps; made where it is missing",
    )
    .option("--runtime <name>", "crun, runc or unshare (default: the best that is there)")
    .option("--no-preflight", "leave a preflight.yaml beside the Dockerfile alone");
}

function defineQuestions(command: Command): void {
  command
    .option("--check", "lint the Dockerfile instead of building; ends with 1 where there are findings")
    .option(
      "--call <method>",
      "answer a question instead of building: check, outline, targets, subrequests.describe; [,format=json][,ignorestatus=true]",
      collect,
      [],
    )
    .option("-D, --debug", "show warnings with their lines and what is behind them");
  // The last of the two counts.
  command.on("option:check", () => {
    command.setOptionValue("call", [...command.getOptionValue("call"), "check"]);
  });
}
