import { run } from "../../api/run.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { reportError } from "../report-error.ts";
import type { RunFlags } from "./run-flag-values.ts";
import { runOptions } from "./run-request.ts";

/** Signals that go to the container's process instead of ending us. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** `slipway run`: the exit code is the process's own; 125 where the container could not be set up (docs/exit-codes.md). */
export async function runCommand(
  context: CliContext,
  image: string,
  args: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const stop = forwardSignals();
  try {
    const options = runOptions(context, image, args, flags);
    return await run({ ...options, streams: context, onStarted: stop.onStarted }, context.environment);
  } catch (error) {
    const code = reportError(context, error);
    return code === EXIT.usage ? code : EXIT.containerSetup;
  } finally {
    stop.restore();
  }
}

/** Passes signals on to the container; those that come before it runs are passed on when it does. */
function forwardSignals(): { onStarted(kill: (signal: NodeJS.Signals) => void): void; restore(): void } {
  const early: NodeJS.Signals[] = [];
  let deliver = (signal: NodeJS.Signals): void => void early.push(signal);
  const before = FORWARDED.map((name) => [name, process.listeners(name)] as const);
  for (const name of FORWARDED) {
    process.removeAllListeners(name);
    process.on(name, () => deliver(name));
  }
  return {
    onStarted(kill) {
      deliver = kill;
      for (const signal of early.splice(0)) kill(signal);
    },
    restore() {
      for (const [name, listeners] of before) {
        process.removeAllListeners(name);
        for (const listener of listeners) process.on(name, listener as NodeJS.SignalsListener);
      }
    },
  };
}
