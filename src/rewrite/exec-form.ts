import type { CommandInstruction, ParsedDockerfile } from "../dockerfile/instructions.ts";
import { parseShell, type ShellCommand } from "../shell/commands.ts";
import { tokenize } from "../shell/tokenize.ts";
import { isLiteral } from "../shell/tokens.ts";
import { type Fix, fixWords } from "./fix.ts";

type File = Pick<ParsedDockerfile, "text" | "escape">;

/** What only a shell can do; a program of the same name may be missing, or do something else. */
const BUILTINS = new Set([
  ...[
    ".",
    ":",
    "[",
    "alias",
    "bg",
    "break",
    "cd",
    "command",
    "continue",
    "echo",
    "eval",
    "exec",
    "exit",
    "export",
  ],
  ...[
    "false",
    "fg",
    "getopts",
    "hash",
    "jobs",
    "kill",
    "local",
    "printf",
    "pwd",
    "read",
    "readonly",
    "return",
  ],
  ...[
    "set",
    "shift",
    "source",
    "test",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "ulimit",
    "umask",
    "unalias",
  ],
  ...["unset", "wait", "[[", "builtin", "coproc", "declare", "let", "shopt", "typeset"],
]);
/** What a shell makes something else of, somewhere in a word. */
const SPECIAL = /[*?[\]{}~!\\#$`]/;

/** Writes a shell-form CMD or ENTRYPOINT as a list, where that starts the same program with the same arguments: one plain command without anything that a shell would have to do. */
export function execForm(file: File, instruction: CommandInstruction): Fix {
  if (instruction.command.form !== "shell") return { reason: "it is a list already" };
  const words = plainWords(instruction.command.command);
  if (!words) return { reason: "a shell has to do some of it" };
  if (mayBeScript(words[0]!)) return { reason: "if it is a script without #!, only a shell starts it" };
  return fixWords(file, instruction, (found) => {
    if (found.hasComments) return { reason: "there are comments in it" };
    const [, first] = found.words;
    const list = `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
    return { edit: { start: first!.start, end: found.words.at(-1)!.end, text: list } };
  });
}

/** Program and arguments; `exec` in front of them is what a list does anyway. */
function plainWords(text: string): readonly string[] | undefined {
  if (SPECIAL.test(text)) return undefined;
  const { commands } = parseShell(text);
  const [command] = commands;
  if (commands.length !== 1 || !command || !isPlain(command)) return undefined;
  // Reserved words (`time a`) are no words of a command, and nothing that a list could say.
  if (tokenize(text).length !== command.words.length) return undefined;
  const words = command.words.map((word) => word.text);
  const [program, ...rest] = words[0] === "exec" ? words.slice(1) : words;
  if (program === undefined || program === "" || program.startsWith("-") || BUILTINS.has(program))
    return undefined;
  return [program, ...rest];
}

/**
 * A file that the kernel may refuse to start (ENOEXEC), where a shell would read it as a script. What lies in a folder of programs, or is looked for
 * there, is taken for a program unless it is called a script.
 */
function mayBeScript(program: string): boolean {
  const folder = /^(?:(.*)\/)?[^/]*$/.exec(program)![1];
  return (
    /\.(?:sh|bash|dash|ksh|zsh)$/.test(program) ||
    (folder !== undefined && !/^\/(?:.*\/)?s?bin$/.test(folder))
  );
}

function isPlain({ words, assignments, redirects, before, after, scope }: ShellCommand): boolean {
  return (
    assignments.length + redirects.length === 0 &&
    before === "" &&
    after === "" &&
    scope === undefined &&
    words.every(isLiteral)
  );
}
