import type {
  CommandInstruction,
  HealthcheckInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  ShellInstruction,
  StopSignalInstruction,
  UserInstruction,
  VolumeInstruction,
} from "../dockerfile/instructions.ts";
import type { Healthcheck } from "../image/config.ts";
import { expandAllIn, expandIn } from "./expansion.ts";
import { healthcheckText, plainList, quotedList } from "./history-text.ts";
import { invalidInstruction } from "./located.ts";
import { defaultShell } from "./predefined-args.ts";
import { isSignal, signalHint } from "./signals.ts";
import { type Call, configured, type StageState } from "./stage-state.ts";

/** CMD (SPEC CF-01). */
export function interpretCmd(state: StageState, call: Call<CommandInstruction>): StageState {
  const next = markSeen(state, call);
  const argv = commandArgv(state, call);
  return configured(next, { ...state.config, Cmd: argv, ArgsEscaped: true }, `CMD ${quotedList(argv)}`);
}

/** ENTRYPOINT: clears a Cmd that this very stage did not set (SPEC CF-02, CF-03). */
export function interpretEntrypoint(state: StageState, call: Call<CommandInstruction>): StageState {
  const next = markSeen(state, call);
  const argv = isBlank(call.instruction) ? [] : commandArgv(state, call);
  const { Entrypoint: _, Cmd, ...rest } = state.config;
  const config = {
    ...rest,
    ...(argv.length > 0 ? { Entrypoint: argv } : {}),
    ...(state.seen.CMD && Cmd ? { Cmd } : {}),
  };
  return configured(next, config, `ENTRYPOINT ${quotedList(argv)}`);
}

function isBlank({ command }: CommandInstruction): boolean {
  return command.form === "shell" && command.command === "";
}

function commandArgv(state: StageState, call: Call<CommandInstruction>): readonly string[] {
  const { command, keyword } = call.instruction;
  if (command.form === "exec") return command.argv;
  if (!state.config.Shell?.length)
    call.stage.build.warn(
      "JSONArgsRecommended",
      `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
      call.instruction,
    );
  return withShell(state, call, command.command);
}

/** The argv that runs `command` in the stage's shell (SPEC RN-01, CF-15). */
export function withShell(state: StageState, call: Call, command: string): readonly string[] {
  const shell = state.config.Shell?.length ? state.config.Shell : defaultShell(call.stage.platform.os);
  return [...shell.map((word) => word.toWellFormed()), command];
}

/** Remembers where the instruction was met; a second one of its kind in the stage is warned of at the first. */
function markSeen(state: StageState, call: Call<CommandInstruction | HealthcheckInstruction>): StageState {
  const { kind, keyword, source, comments } = call.instruction;
  const earlier = state.seen[kind];
  if (earlier)
    call.stage.build.warn(
      "MultipleInstructionsDisallowed",
      `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
      { source: earlier, comments },
    );
  return { ...state, seen: { ...state.seen, [kind]: source } };
}

/** HEALTHCHECK replaces an inherited one as a whole; zero fields are left out (SPEC CF-16, CF-18). */
export function interpretHealthcheck(state: StageState, call: Call<HealthcheckInstruction>): StageState {
  const check = call.instruction;
  const next = markSeen(state, call);
  const Healthcheck: Healthcheck = {
    Test: check.test,
    ...(check.interval ? { Interval: check.interval } : {}),
    ...(check.timeout ? { Timeout: check.timeout } : {}),
    ...(check.startPeriod ? { StartPeriod: check.startPeriod } : {}),
    ...(check.startInterval ? { StartInterval: check.startInterval } : {}),
    ...(check.retries ? { Retries: check.retries } : {}),
  };
  return configured(next, { ...state.config, Healthcheck }, healthcheckText(check));
}

/** USER is stored as it expands; nothing is looked up, and an empty one means root (SPEC CF-10). */
export function interpretUser(state: StageState, call: Call<UserInstruction>): StageState {
  const user = expandIn(state, call, call.instruction.user).toWellFormed();
  const { User: _, ...rest } = state.config;
  return configured(state, user ? { ...rest, User: user } : rest, `USER ${user}`);
}

/** VOLUME (SPEC CF-13). */
export function interpretVolume(state: StageState, call: Call<VolumeInstruction>): StageState {
  const volumes = expandAllIn(state, call, call.instruction.volumes);
  if (volumes.includes(""))
    throw invalidInstruction("VOLUME specified can not be an empty string", "write VOLUME <path>");
  return configured(state, state.config, `VOLUME ${plainList(volumes)}`, ({ Volumes }) => {
    for (const path of volumes) Volumes.add(path);
  });
}

/** STOPSIGNAL is checked and stored as written (SPEC CF-14). */
export function interpretStopSignal(state: StageState, call: Call<StopSignalInstruction>): StageState {
  const signal = expandIn(state, call, call.instruction.signal);
  if (!isSignal(signal)) throw invalidInstruction(`invalid signal: ${signal}`, signalHint(signal));
  return configured(state, { ...state.config, StopSignal: signal }, `STOPSIGNAL ${signal}`);
}

/** SHELL (SPEC CF-15). */
export function interpretShell(state: StageState, call: Call<ShellInstruction>): StageState {
  const { shell } = call.instruction;
  return configured(state, { ...state.config, Shell: shell }, `SHELL ${plainList(shell)}`);
}

/** MAINTAINER sets the author of the image (SPEC CF-06). */
export function interpretMaintainer(state: StageState, call: Call<MaintainerInstruction>): StageState {
  const author = call.instruction.maintainer;
  return { ...configured(state, state.config, `MAINTAINER ${author}`), author };
}

/** ONBUILD only stores its text; it has no history item (SPEC OB-01). */
export function interpretOnbuild(state: StageState, call: Call<OnbuildInstruction>): StageState {
  const collected = state.collected.changed(({ OnBuild }) => OnBuild.push(call.instruction.trigger));
  return { ...state, collected };
}
