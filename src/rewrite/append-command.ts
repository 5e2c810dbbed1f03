import type { ParsedDockerfile, RunInstruction } from "../dockerfile/instructions.ts";
import { parseShell } from "../shell/commands.ts";
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
