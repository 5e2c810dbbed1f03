import { CommanderError } from "commander";
import { readEnvironment } from "../../src/api/environment.ts";
import { withoutBooleanValues } from "../../src/cli/boolean-flags.ts";
import type { CliContext } from "../../src/cli/cli-context.ts";
import type { BuildFlags } from "../../src/cli/commands/build-flag-values.ts";
import { buildOptions } from "../../src/cli/commands/build-request.ts";
import { unsupportedFlags } from "../../src/cli/commands/unsupported-flags.ts";
import { makeProgram } from "../../src/cli/program.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { mountFlag } from "../grammar/mount.ts";
import { path, text, word } from "../grammar/text.ts";
import { checkShown, RAW } from "./shown-error.ts";

const FLAGS = [
  "-t",
  "-f",
  "-o",
  "-q",
  "--tag",
  "--file",
  "--output",
  "--secret",
  "--ssh",
  "--add-host",
  "--ulimit",
  "--platform",
  "--build-context",
  "--build-arg",
  "--label",
  "--shm-size",
  "--network",
  "--allow",
  "--annotation",
  "--no-cache",
  "--no-cache-filter",
  "--pull",
  "--push",
  "--load",
  "--quiet",
  "--progress",
  "--iidfile",
  "--target",
  "--call",
  "--check",
  "--memory",
  "--cache-from",
  "--xx",
  "--",
];

/** The command line of `slipway build`, up to the options of the library. One argument a part. */
export const flagsTarget: Target = {
  name: "flags",
  about: "the command line of `slipway build`, one argument a part",
  seeds: [
    ["-t", "a:b", "--secret", "id=x,env=Y", "--add-host", "h=1.2.3.4", "--ulimit", "nofile=1:2", "."],
    [
      "--pull=false",
      "--no-cache",
      "--output=type=oci,dest=-",
      "--platform",
      "linux/amd64,linux/arm64",
      "--build-context",
      "a=docker-image://x",
      "dir",
    ],
  ].map(joinParts),
  dictionary: FLAGS.flatMap((flag) => [`\0${flag}\0`, `\0${flag}=`]),
  generate: (random) => joinParts([...random.several(0, 5, () => flag(random)), path(random)].flat()),
  run: (input) => {
    const argv = splitParts(input);
    const said: string[] = [];
    const write = (shown: string) => said.push(shown) > 0;
    const context = contextWith(write);
    const program = makeProgram(context, async () => {});
    const command = program.commands.find((one) => one.name() === "build")!;
    try {
      program.parse(["build", ...withoutBooleanValues(argv, command)], { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      must(
        !RAW.test(said.join("")),
        () => `a control character reaches the terminal: ${JSON.stringify(said.join(""))}`,
      );
      return;
    }
    const flags = command.opts<BuildFlags>();
    for (const message of unsupportedFlags(flags))
      must(!RAW.test(message), () => "a warning with a control character");
    try {
      buildOptions(context, command.args[0] ?? ".", flags);
    } catch (error) {
      if (error instanceof SlipwayError && error.code !== "INTERNAL") checkShown(error);
      throw error;
    }
  },
};

function contextWith(write: (text: string) => boolean): CliContext {
  const stream = { write, isTTY: false };
  return {
    environment: readEnvironment(
      { DOCKER_DEFAULT_PLATFORM: "linux/amd64", Y: "secret" },
      { uid: 1, homeDirectory: "/nonexistent", cwd: "/" },
    ),
    stdin: stream,
    stdout: stream,
    stderr: stream,
    signal: new AbortController().signal,
  } as unknown as CliContext;
}

function flag(random: Parameters<Target["generate"]>[0]): string[] {
  const name = random.chance(0.95) ? random.pick(FLAGS) : `--${word(random)}`;
  const value = random.pick([
    text(random),
    `${word(random)}=${text(random)}`,
    mountFlag(random),
    "true",
    "false",
    "id=a,src=b",
    "type=local,dest=x",
    "1.2.3.4",
    "nofile=1:2",
  ]);
  return random.pick([[name], [`${name}=${value}`], [name, value]]);
}
