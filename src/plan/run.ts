import { SlipwayError } from "../core/errors.ts";
import { convertHint } from "../dockerfile/encoding.ts";
import type { RunInstruction } from "../dockerfile/instructions.ts";
import { parseDevice } from "../dockerfile/run-instruction.ts";
import { stepBase, withStep } from "./add-step.ts";
import type { RunStep } from "./graph.ts";
import { runText } from "./history-text.ts";
import { interpretMounts } from "./mounts.ts";
import { runCommand } from "./run-command.ts";
import { type Call, currentDirectory, historyItem, type StageState } from "./stage-state.ts";
import { nextStepName } from "./step-name.ts";

/** RUN (SPEC RN-01 to RN-05, RN-13, RX-01 to RX-03). Throws INSTRUCTION_INVALID, STAGE_INVALID, DOCKERFILE_ENCODING. */
export function interpretRun(state: StageState, call: Call<RunInstruction>): StageState {
  refuseUndecodable(call);
  const variables = state.variables.content;
  const { budget } = call.stage.build;
  budget.entries(variables.size);
  budget.expansion.characters(variables.historyPrefix.length);
  const { mounts, env } = interpretMounts(state, call);
  const { argv, script, nameSuffix } = runCommand(state, call);
  const devices = call.instruction.devices.map(parseDevice);
  const network = chooseNetwork(call);
  const secretVariables = mounts.flatMap((mount) =>
    mount.type === "secret" && mount.env ? [mount.env] : [],
  );
  const name = nextStepName(state, call, { suffix: nameSuffix, masked: new Set(secretVariables) });
  const step: RunStep = {
    ...stepBase(state, call, name),
    kind: "run",
    history: historyItem(runText(argv, variables.historyPrefix), false),
    argv,
    env: env.length > 0 ? [...variables.all, ...env] : variables.all,
    buildArgs: variables.fromArgs,
    proxyEnv: call.stage.build.proxyEnv,
    cwd: currentDirectory(state),
    user: state.config.User ?? "",
    network,
    security: call.instruction.security,
    mounts,
    ...(devices.length > 0 ? { devices } : {}),
    ...(script ? { script } : {}),
    platform: call.stage.platform,
  };
  return withStep(state, step);
}

/** The instruction's own choice wins; `default` means what the request asked for (SPEC RX-01). */
function chooseNetwork(call: Call<RunInstruction>): RunStep["network"] {
  const { network } = call.instruction;
  return network === "default" ? call.stage.build.network : network;
}

/** Commands are text for BuildKit, and bytes that are not UTF-8 an error where a stage with such a RUN is needed. */
function refuseUndecodable({ instruction, fromTrigger }: Call<RunInstruction>): void {
  const { undecodable } = instruction;
  if (!undecodable) return;
  throw new SlipwayError("DOCKERFILE_ENCODING", "the command of a RUN has bytes that are not UTF-8", {
    hint: convertHint(undecodable.file),
    // A trigger has a text of its own; its FROM is what can be shown.
    ...(fromTrigger ? {} : { source: undecodable }),
  });
}
