import { parseShell } from "../../shell/commands.ts";
import type { Judge } from "../rule.ts";

/** ShellEntrypointIgnoresCmd: not said where the text uses its arguments, or where only the base has a CMD, which ENTRYPOINT removes. */
export const judgeEntrypoint: Judge = ({ stages }, say) => {
  for (const { steps } of stages) {
    const entrypoint = steps.findLast(({ written }) => written.kind === "ENTRYPOINT")?.written;
    const cmd = steps.findLast(({ written }) => written.kind === "CMD")?.written;
    if (entrypoint?.kind !== "ENTRYPOINT" || cmd?.kind !== "CMD" || entrypoint.command.form !== "shell")
      continue;
    const { command } = entrypoint.command;
    if (command.trim() === "" || usesArguments(command)) continue;
    say(
      "ShellEntrypointIgnoresCmd",
      `ENTRYPOINT is in shell form, and so the CMD of line ${cmd.source.start} is ignored`,
      entrypoint,
    );
  }
};

function usesArguments(text: string): boolean {
  return parseShell(text).commands.some(({ words, assignments }) =>
    [...words, ...assignments].some(({ variables }) => variables.some((name) => /^[@*0-9]$/.test(name))),
  );
}
