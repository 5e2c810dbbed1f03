import type { ParsedDockerfile, RunInstruction } from "../dockerfile/instructions.ts";
import { parseShell, type ShellCommand } from "../shell/commands.ts";
import { isLiteral } from "../shell/tokens.ts";
import { type Fix, fixWords, insertion } from "./fix.ts";

type File = Pick<ParsedDockerfile, "text" | "escape">;

/** Where apt keeps what `apt-get update` fetched. */
export const REMOVE_APT_LISTS = "rm -rf /var/lib/apt/lists/*";

/** Has a RUN end with one more command, which runs where all that is in front of it worked: in a line of its own where the RUN has several. */
export function appendCommand(file: File, run: RunInstruction, command: string): Fix {
  if (run.command.form !== "shell" || run.heredocs.length > 0)
    return { reason: "it is no plain command line" };
  const { command: text } = run.command;
  if (!endsOpen(text, command)) return { reason: "nothing can be put behind its last command" };
  if (parseShell(text).commands.some(leavesShell))
    return { reason: "its shell may end before its last command does" };
  return fixWords(file, run, ({ words, isMultiline, indent, lineEnd }) => {
    const { end } = words.at(-1)!;
    const joint = isMultiline ? ` ${file.escape}${lineEnd}${indent}&& ` : " && ";
    return insertion(end, `${joint}${command}`);
  });
}

/** Whether the shell would read the command as one more, and the others as before. */
function endsOpen(text: string, command: string): boolean {
  const before = parseShell(text).commands;
  const after = parseShell(`${text.trimEnd()} && ${command}`).commands;
  const [last, added] = [before.at(-1), after.at(-1)];
  const words = added?.words.map((word) => word.text).join(" ");
  return (
    last !== undefined &&
    !/[;&|]$/.test(text.trimEnd()) &&
    (last.scope !== undefined || last.after === "") &&
    after.length === before.length + 1 &&
    words === command &&
    added?.scope === undefined
  );
}

/** A command behind which the shell may run nothing more though all went well: a failure ends the RUN in any case. */
function leavesShell({ words, before, scope }: ShellCommand): boolean {
  if (scope?.kinds.has("subshell")) return false;
  const [name, argument] = words;
  if (name?.text === "exec") return argument !== undefined;
  if (name?.text !== "exit" && name?.text !== "return") return false;
  if (argument === undefined) return before !== "||";
  return !isLiteral(argument) || !/^[1-9]\d*$/.test(argument.text);
}
