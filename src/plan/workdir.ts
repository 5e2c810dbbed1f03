import { goQuote } from "../dockerfile/go-quote.ts";
import type { WorkdirInstruction } from "../dockerfile/instructions.ts";
import { stepBase, withStep } from "./add-step.ts";
import { expandIn } from "./expansion.ts";
import type { WorkdirStep } from "./graph.ts";
import { resolveIn } from "./paths.ts";
import { type Call, configured, currentDirectory, historyItem, type StageState } from "./stage-state.ts";
import { nextStepName } from "./step-name.ts";

/** WORKDIR: changes the current directory and, unless that is `/`, makes a layer that creates it (SPEC CF-11, CF-12). */
export function interpretWorkdir(state: StageState, call: Call<WorkdirInstruction>): StageState {
  const written = expandIn(state, call, call.instruction.path).toWellFormed();
  if (!state.workdirSeen && !written.startsWith("/"))
    call.stage.build.warn(
      "WorkdirRelativePath",
      `Relative workdir ${goQuote(written)} can have unexpected results if the base image changes`,
      call.instruction,
    );
  call.stage.build.budget.expansion.characters(currentDirectory(state).length);
  const path = resolveIn(currentDirectory(state), written);
  const changed = { ...state, workdirSeen: true, config: { ...state.config, WorkingDir: path } };
  const history = historyItem(`WORKDIR ${path}`, path === "/");
  if (path === "/") return configured(changed, changed.config, `WORKDIR ${path}`);
  const step: WorkdirStep = {
    ...stepBase(state, call, nextStepName(state, call)),
    kind: "workdir",
    noCache: false,
    history,
    path,
    user: state.config.User ?? "",
  };
  return withStep(changed, step);
}
