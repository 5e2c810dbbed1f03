import type { ShellCommand } from "../../shell/commands.ts";
import { programOf } from "../../shell/program.ts";
import { isLiteral } from "../../shell/tokens.ts";
import { PACKAGE_MANAGERS, type PackageManager } from "./managers.ts";

/** One call of a package manager. */
export interface PackageCall {
  readonly manager: PackageManager;
  readonly verb: string;
  /** As written, each with its value where that is the next word. */
  readonly flags: readonly string[];
  /** Behind the verb. */
  readonly packages: readonly string[];
  /** All words, as written. */
  readonly text: string;
  /** Nothing in it is filled in by the shell. */
  readonly isLiteral: boolean;
  /** Something answers its questions. */
  readonly isFed: boolean;
  readonly command: ShellCommand;
}

const BY_PROGRAM: ReadonlyMap<string, PackageManager> = new Map(
  PACKAGE_MANAGERS.flatMap((manager) => manager.programs.map((name) => [name, manager] as const)),
);

/** Undefined where a command calls none of them. */
export function packageCall(command: ShellCommand): PackageCall | undefined {
  const program = programOf(command);
  if (!program) return undefined;
  let { name, args } = program;
  if (/^python\d?(?:\.\d+)?$/.test(name) && args[0]?.text === "-m")
    [name, args] = [args[1]?.text ?? "", args.slice(2)];
  const manager = BY_PROGRAM.get(name) ?? BY_PROGRAM.get(name.replace(/^pip3?\.\d+$/, "pip"));
  if (!manager) return undefined;
  const texts = args.map(({ text }) => text);
  const { flags, operands } = taken(texts, new Set(manager.valued.split(" ")));
  // A flag says what pacman does.
  const [verb = "", ...packages] = manager.name === "pacman" ? texts : operands;
  const isFed = command.before === "|" || command.redirects.some(({ operator }) => operator.startsWith("<"));
  const bare = manager.name === "yarn" && verb === "" && !flags.some((flag) => /^--?v/.test(flag));
  return {
    manager,
    verb: bare ? "install" : verb,
    flags,
    packages,
    text: texts.join(" "),
    isLiteral: args.every(isLiteral),
    isFed,
    command,
  };
}

function taken(texts: readonly string[], valued: ReadonlySet<string>) {
  const flags: string[] = [];
  const operands: string[] = [];
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at]!;
    if (!text.startsWith("-")) operands.push(text);
    else flags.push(valued.has(text) ? `${text} ${texts[++at] ?? ""}` : text);
  }
  return { flags, operands };
}
