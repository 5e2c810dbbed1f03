import { parseShell, type ShellCommand } from "./commands.ts";
import { programOf } from "./program.ts";
import { shebangWords } from "./shebang.ts";
import { isLiteral, type ShellWord } from "./tokens.ts";

/** Scripts within scripts; each is read once more for every level. */
const DEEPEST = 4;
const SHELLS = new Set(["sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"]);

/** Whether this is the name of a shell whose language is read here. */
export function isShell(path: string): boolean {
  return SHELLS.has(path.slice(path.lastIndexOf("/") + 1));
}

/**
 * All simple commands of a script, in order: also those that it hands to `sh -c` or to a shell as a here-document, and those of
 * substitutions, which stand ahead of the command that uses them.
 */
export function scriptCommands(text: string, depth = 0): readonly ShellCommand[] {
  const found: ShellCommand[] = [];
  for (const command of parseShell(text).commands) {
    if (depth < DEEPEST)
      for (const word of [...command.assignments, ...command.words])
        for (const inner of word.substitutions)
          for (const one of scriptCommands(inner, depth + 1)) found.push(one);
    const inner = depth < DEEPEST ? innerScript(command) : undefined;
    if (inner === undefined) found.push(command);
    else for (const one of scriptCommands(inner, depth + 1)) found.push(one);
  }
  return found;
}

/** Commands of a list of arguments, as exec form has it. */
export function argvCommands(argv: readonly string[]): readonly ShellCommand[] {
  const command = argvCommand(argv);
  const inner = innerScript(command);
  return inner === undefined ? [command] : scriptCommands(inner, 1);
}

function argvCommand(argv: readonly string[]): ShellCommand {
  const words = argv.map(literalWord);
  return { words, assignments: [], redirects: [], before: "", after: "", scope: undefined };
}

function literalWord(text: string): ShellWord {
  return { kind: "word", text, variables: [], substitutions: [], plain: false };
}

/** The script that a command hands to a shell. */
function innerScript(command: ShellCommand): string | undefined {
  const heredoc = command.redirects.find(({ body }) => body !== undefined)?.body;
  // Of an instruction that is nothing but its here-document.
  if (command.words.length === 0) return heredoc !== undefined && isShellText(heredoc) ? heredoc : undefined;
  const program = programOf(command);
  if (!program || !isShell(program.name)) return undefined;
  const script = scriptOf(program.args);
  return script ?? (hasOperand(program.args) ? undefined : heredoc);
}

/** `-c`, alone or with others (`-ec`), then the script; `-o` has a value. */
function scriptOf(args: readonly ShellWord[]): string | undefined {
  for (let at = 0; at < args.length; at++) {
    const { text } = args[at]!;
    if (text === "sh" || text === "ash") continue;
    if (!/^[-+]/.test(text)) return undefined;
    const takesScript = /^-[a-z]*c[a-z]*$/.test(text);
    if (/^[-+][a-z]*o$/.test(text)) at++;
    const script = args[at + 1];
    if (takesScript) return script && isLiteral(script) ? script.text : script?.text;
  }
  return undefined;
}

function hasOperand(args: readonly ShellWord[]): boolean {
  return args.some(({ text }) => !/^[-+]/.test(text));
}

/** Without `#!` it is the shell's own. */
export function isShellText(text: string): boolean {
  if (!text.startsWith("#!")) return true;
  return isShell(programOf(argvCommand(shebangWords(text) ?? []))?.name ?? "");
}
