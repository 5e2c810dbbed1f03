import { Command, CommanderError, Help, type Option } from "commander";
import { withoutBooleanValues } from "./boolean-flags.ts";
import { type CliContext, EXIT } from "./cli-context.ts";
import { defineAudit } from "./commands/audit-flags.ts";
import { defineBuild } from "./commands/build-flags.ts";
import { defineContainers } from "./commands/container-flags.ts";
import { defineContainerControl } from "./commands/control-flags.ts";
import { defineImages } from "./commands/image-flags.ts";
import { defineLint } from "./commands/lint-flags.ts";
import { defineLock } from "./commands/lock-flags.ts";
import { definePreflight } from "./commands/preflight-flags.ts";
import { defineSystem } from "./commands/system-flags.ts";
import { defineTest } from "./commands/test-flags.ts";
import { defineVolumes } from "./commands/volume-flags.ts";
import { reportError } from "./report-error.ts";
import type { Run } from "./run-handler.ts";
import { VERSION } from "./version.ts";
import { visibleText } from "./write-text.ts";

/** Parses the command line and runs the command; resolves with the exit code. Handlers are imported when their command is chosen. */
export async function runProgram(argv: readonly string[], context: CliContext): Promise<number> {
  let code: number = EXIT.ok;
  const run: Run = async (load) => {
    try {
      code = await (await load())(context);
    } catch (error) {
      code = reportError(context, error);
    }
  };
  const program = makeProgram(context, run, argv[0]);
  try {
    await program.parseAsync(plainFlags(argv, program), { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    if (error instanceof CommanderError) return argv[0] === "run" ? EXIT.containerSetup : EXIT.usage;
    return reportError(context, error);
  }
}

/** Only `build` has flags that scripts give values to; behind the image of `run` nothing may be touched. */
function plainFlags(argv: readonly string[], program: Command): string[] {
  const [name = "", ...rest] = argv;
  const build = program.commands.find((command) => command.name() === "build");
  const isBuild = build !== undefined && [build.name(), ...build.aliases()].includes(name);
  return isBuild ? [name, ...withoutBooleanValues(rest, build)] : [...argv];
}

/** `first` is the first word, where it is known: `build` alone is spared the flags of all other commands, which take some milliseconds. */
export function makeProgram(
  context: Pick<CliContext, "stdout" | "stderr">,
  run: Run,
  first?: string,
): Command {
  const program = new Command("slipway")
    .description("Build container images from Dockerfiles and launch them: one process, no daemon.")
    .version(VERSION, "-v, --version", "print the version")
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for what this command takes)")
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      // It quotes what was typed.
      writeErr: (text) => context.stderr.write(visibleText(text)),
    });
  defineBuild(program, run);
  if (first === "build") return program;
  defineLock(program, run);
  defineImages(program, run);
  defineContainers(program, run);
  defineContainerControl(program, run);
  defineLint(program, run);
  definePreflight(program, run);
  defineVolumes(program, run);
  defineTest(program, run);
  defineAudit(program, run);
  defineSystem(program, run);
  return program;
}

/** An empty list is no default worth mentioning. */
function describeOption(option: Option): string {
  return Array.isArray(option.defaultValue) ? option.description : new Help().optionDescription(option);
}
