import { SlipwayError } from "../core/errors.ts";
import type { Instruction } from "../dockerfile/instructions.ts";
import { triggerHint } from "../dockerfile/onbuild-trigger.ts";
import { interpretArg, interpretEnv, interpretLabel } from "./arg-env-label.ts";
import {
  interpretCmd,
  interpretEntrypoint,
  interpretHealthcheck,
  interpretMaintainer,
  interpretOnbuild,
  interpretShell,
  interpretStopSignal,
  interpretUser,
  interpretVolume,
} from "./config-instructions.ts";
import { interpretCopy } from "./copy.ts";
import { interpretExpose } from "./expose.ts";
import { located } from "./located.ts";
import { interpretRun } from "./run.ts";
import type { Call, StageState } from "./stage-state.ts";
import { interpretWorkdir } from "./workdir.ts";

/** The state of a stage after one more instruction. Errors get the instruction's source range here and nowhere else. */
export function interpret(state: StageState, call: Call): StageState {
  const items = state.collected.content.history.length;
  const next = located(call.instruction.source, () =>
    call.fromTrigger ? fired(call.instruction.text, () => dispatch(state, call)) : dispatch(state, call),
  );
  return withSources(next, items, call);
}

/** The state with a place for each new history item that no step has one for. */
function withSources(state: StageState, first: number, { instruction: { source } }: Call): StageState {
  const { history } = state.collected.content;
  if (history.slice(first).every(({ stepId }) => stepId !== undefined)) return state;
  const collected = state.collected.changed((content) => {
    for (let i = first; i < content.history.length; i++) {
      const item = content.history[i]!;
      if (item.stepId === undefined) content.history[i] = { ...item, source };
    }
  });
  return { ...state, collected };
}

/** The FROM that an error of a trigger is located at does not show what fired. */
function fired<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const { code, message, hint, facts, cause } = error;
    throw new SlipwayError(code, message, {
      cause,
      facts,
      hint: hint ? `${triggerHint(text)}; ${hint}` : triggerHint(text),
    });
  }
}

function dispatch(state: StageState, { instruction, ...rest }: Call): StageState {
  switch (instruction.kind) {
    case "ARG":
      return interpretArg(state, { ...rest, instruction });
    case "ENV":
      return interpretEnv(state, { ...rest, instruction });
    case "LABEL":
      return interpretLabel(state, { ...rest, instruction });
    case "RUN":
      return interpretRun(state, { ...rest, instruction });
    case "COPY":
    case "ADD":
      return interpretCopy(state, { ...rest, instruction });
    case "CMD":
      return interpretCmd(state, { ...rest, instruction });
    case "ENTRYPOINT":
      return interpretEntrypoint(state, { ...rest, instruction });
    case "EXPOSE":
      return interpretExpose(state, { ...rest, instruction });
    case "VOLUME":
      return interpretVolume(state, { ...rest, instruction });
    case "USER":
      return interpretUser(state, { ...rest, instruction });
    case "WORKDIR":
      return interpretWorkdir(state, { ...rest, instruction });
    case "STOPSIGNAL":
      return interpretStopSignal(state, { ...rest, instruction });
    case "MAINTAINER":
      return interpretMaintainer(state, { ...rest, instruction });
    case "SHELL":
      return interpretShell(state, { ...rest, instruction });
    case "HEALTHCHECK":
      return interpretHealthcheck(state, { ...rest, instruction });
    case "ONBUILD":
      return interpretOnbuild(state, { ...rest, instruction });
    case "FROM":
      throw new SlipwayError("INTERNAL", "a FROM inside a stage");
    default:
      throw new SlipwayError(
        "INTERNAL",
        `no interpreter for ${(instruction satisfies never as Instruction).kind}`,
      );
  }
}
