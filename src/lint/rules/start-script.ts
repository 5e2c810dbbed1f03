import { posix } from "node:path";
import { DEFAULT_PATH } from "../../core/default-path.ts";
import type { CommandInstruction } from "../../dockerfile/instructions.ts";
import { INITS, programName, SHELLS } from "../../image/known-programs.ts";
import { scriptCommands } from "../../shell/script-commands.ts";
import { judgeStartScript } from "../../shell/start-script.ts";
import { isLiteral } from "../../shell/tokens.ts";
import { copiedFile, imagePath } from "../copied-files.ts";
import type { Judge, LintSubject } from "../rule.ts";
import { lineage, type StageView } from "../stage-view.ts";

/** ScriptWithoutExec: the script that ENTRYPOINT or CMD starts, where this file copies it. Not said where an init stands in front. */
export const judgeStart: Judge = (subject, say) => {
  const target = subject.stages.find(({ isTarget }) => isTarget);
  if (!target) return;
  for (const kind of ["ENTRYPOINT", "CMD"] as const) {
    const instruction = lastCommand(target, kind);
    if (!instruction) continue;
    const words = startWords(instruction);
    if (words.some((word) => INITS.has(programName(word)))) return;
    const script = scriptOf(words);
    const text = script && scriptText(subject, target, script);
    const { ending, last = "" } = text === undefined ? { ending: "unknown" } : judgeStartScript(text);
    if (ending === "stays")
      say(
        "ScriptWithoutExec",
        `${script?.path} ends with \`${last.split(/\s/, 1)[0]}\` without exec: the shell stays process 1, and what it starts gets no signal`,
        instruction,
      );
    // Who starts CMD is not told by this file then.
    if (ending !== "hands-over") return;
  }
};

function lastCommand(target: StageView, kind: CommandInstruction["kind"]): CommandInstruction | undefined {
  for (const stage of lineage(target)) {
    const found = stage.steps.findLast(({ written }) => written.kind === kind)?.written;
    if (found?.kind === "ENTRYPOINT" || found?.kind === "CMD") return found;
  }
  return undefined;
}

/** None where a shell does more than to start one program. */
function startWords({ command }: CommandInstruction): readonly string[] {
  if (command.form === "exec") return command.argv;
  const commands = scriptCommands(command.command);
  const [only] = commands;
  if (!only || commands.length > 1 || !only.words.every(isLiteral)) return [];
  return only.words.map(({ text }) => text);
}

interface Script {
  readonly path: string;
  /** A shell is told to read it, `#!` or not. */
  readonly byShell: boolean;
}

/** `/start.sh`, `sh -e /start.sh`; undefined for a command line of a shell. */
function scriptOf(words: readonly string[]): Script | undefined {
  const [program, ...rest] = words[0] === "exec" ? words.slice(1) : words;
  if (program === undefined) return undefined;
  if (!SHELLS.has(programName(program))) return { path: program, byShell: false };
  const at = rest.findIndex((word) => !/^[-+]/.test(word) && word !== "sh");
  const isCommandLine = rest.slice(0, Math.max(0, at)).some((word) => /^-\w*c/.test(word));
  const path = isCommandLine ? undefined : rest[at];
  return path === undefined ? undefined : { path, byShell: true };
}

function scriptText(
  { context }: LintSubject,
  target: StageView,
  { path, byShell }: Script,
): string | undefined {
  const isPath = path.includes("/") || byShell;
  const places = isPath
    ? [imagePath(path, target.end)]
    : DEFAULT_PATH.split(":").map((folder) => posix.join(folder, path));
  for (const place of places) {
    const file = copiedFile(target, place, context);
    const text = file?.kind === "heredoc" ? file.text : file && context?.text(file.path);
    if (text !== undefined) return byShell || text.startsWith("#!") ? text : undefined;
  }
  return undefined;
}
