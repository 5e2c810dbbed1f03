import { appendHeredocs, chompHeredoc, parseHeredocOpener } from "../dockerfile/heredoc.ts";
import type { RunInstruction } from "../dockerfile/instructions.ts";
import { withShell } from "./config-instructions.ts";
import type { RunStep } from "./graph.ts";
import { checkHeredocName } from "./heredoc-name.ts";
import type { Call, StageState } from "./stage-state.ts";
import { heredocSummary } from "./step-name.ts";

/** Where a script from a heredoc appears in the container (SPEC RN-02). */
export const SCRIPT_FOLDER = "/dev/pipes";

export interface RunCommand {
  readonly argv: readonly string[];
  readonly script?: NonNullable<RunStep["script"]>;
  /** Ends the step's name. */
  readonly nameSuffix: string;
}

/** The process of a RUN: exec form as it is, shell form behind the shell, heredocs as SPEC RN-01 to RN-03 tell. */
export function runCommand(state: StageState, call: Call<RunInstruction>): RunCommand {
  const { command, heredocs } = call.instruction;
  if (command.form === "exec") return { argv: command.argv, nameSuffix: "" };
  const [first] = heredocs;
  if (!first) return { argv: withShell(state, call, command.command), nameSuffix: "" };
  if (heredocs.length > 1 || !parseHeredocOpener(command.command.trim()))
    return { argv: withShell(state, call, appendHeredocs(command.command, heredocs)), nameSuffix: "" };
  const body = first.chomp ? chompHeredoc(first.content) : first.content;
  const nameSuffix = heredocSummary(first.content);
  if (!body.startsWith("#!") || call.stage.platform.os === "windows")
    return { argv: withShell(state, call, body), nameSuffix };
  checkHeredocName(first.name);
  return {
    argv: withShell(state, call, `${SCRIPT_FOLDER}/${first.name}`),
    script: { name: first.name, content: body },
    nameSuffix,
  };
}
