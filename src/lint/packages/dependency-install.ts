import type { ShellCommand } from "../../shell/commands.ts";
import { programOf } from "../../shell/program.ts";

/** How the programs install what a list in the source says, and need nothing else of the source. */
const INSTALLS: Readonly<Record<string, (args: readonly string[]) => boolean>> = {
  npm: (args) => /^(?:ci|install|i)$/.test(verb(args)) && operands(args).length === 1 && !isGlobal(args),
  yarn: (args) => /^(?:install)?$/.test(verb(args)) && operands(args).length <= 1 && !hasFlag(args, /^--?v/),
  pnpm: (args) => /^(?:i|install|fetch)$/.test(verb(args)) && operands(args).length === 1,
  bun: (args) => /^(?:i|install)$/.test(verb(args)) && operands(args).length === 1,
  pip: (args) => verb(args) === "install" && hasFlag(args, /^(?:-r|--requirement)/) && !installsSource(args),
  pipenv: (args) => /^(?:install|sync)$/.test(verb(args)) && operands(args).length === 1,
  poetry: (args) => verb(args) === "install" && hasFlag(args, /^--no-root$/),
  go: (args) => args[0] === "mod" && args[1] === "download",
  cargo: (args) => verb(args) === "fetch",
  bundle: (args) => /^(?:install)?$/.test(verb(args)),
  composer: (args) => verb(args) === "install",
  mvn: (args) => args.some((arg) => /^dependency:(?:go-offline|resolve|resolve-plugins)$/.test(arg)),
  gradle: (args) => args.includes("dependencies"),
};
const SAME_AS: Readonly<Record<string, string>> = {
  pip3: "pip",
  mvnw: "mvn",
  gradlew: "gradle",
};

/** The manager that a command tells to install dependencies; undefined for all else. */
export function dependencyInstall(command: ShellCommand): string | undefined {
  const program = programOf(command);
  if (!program) return undefined;
  const texts = program.args.map(({ text }) => text);
  const isModule = /^python\d?(?:\.\d+)?$/.test(program.name) && texts[0] === "-m";
  const [written = "", args] = isModule ? [texts[1], texts.slice(2)] : [program.name, texts];
  const name = SAME_AS[written] ?? written;
  return Object.hasOwn(INSTALLS, name) && INSTALLS[name]!(args) ? name : undefined;
}

function operands(args: readonly string[]): readonly string[] {
  return args.filter((arg) => !arg.startsWith("-"));
}

function verb(args: readonly string[]): string {
  return operands(args)[0] ?? "";
}

function hasFlag(args: readonly string[], flag: RegExp): boolean {
  return args.some((arg) => flag.test(arg));
}

function isGlobal(args: readonly string[]): boolean {
  return hasFlag(args, /^(?:-g|--global|--location=global)$/);
}

/** `.` or `-e .` beside the list. */
function installsSource(args: readonly string[]): boolean {
  return args.some((arg) => /^\.{1,2}(?:\/|\[|$)/.test(arg));
}
