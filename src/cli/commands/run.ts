import { create, type RunContainerOptions, run, runDetached } from "../../api/run.ts";
import type { SupervisedEnd } from "../../container/supervise.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { reportError } from "../report-error.ts";
import { writeText } from "../write-text.ts";
import { forwardSignals } from "./forward-signals.ts";
import type { RunFlags } from "./run-flag-values.ts";
import { runOptions } from "./run-request.ts";

/** `slipway run`: the exit code is the process's own; 125 where the container could not be set up, as with Docker also by a wrong command line: 2 could be the process's (docs/exit-codes.md). */
export async function runCommand(
  context: CliContext,
  image: string,
  args: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const start = flags.detach ? runBehind : runInFront;
  try {
    return await start(context, runOptions(context, image, args, flags));
  } catch (error) {
    reportError(context, error);
    return EXIT.containerSetup;
  }
}

async function runInFront(context: CliContext, options: RunContainerOptions): Promise<number> {
  const forwarding = forwardSignals();
  try {
    const { onStarted } = forwarding;
    const end = await run({ ...options, streams: context, onStarted }, context.environment);
    return end.isUntold ? sayEnd(context, end) : end.exitCode;
  } finally {
    forwarding.restore();
  }
}

async function runBehind(context: CliContext, options: RunContainerOptions): Promise<number> {
  const { id, ...end } = await runDetached(options, context.environment);
  // As with Docker, a container that could not be started has an id, too.
  context.stdout.write(`${id}\n`);
  return sayEnd(context, { exitCode: EXIT.ok, ...end });
}

/** Tells why a command could not be executed or found. */
export function sayEnd(context: CliContext, { exitCode, failure, isUntold }: SupervisedEnd): number {
  if (failure === undefined) return exitCode;
  // What the runtime says does not always name its subject.
  writeText(context.stderr, isUntold ? `${failure}\n` : `the command could not be started: ${failure}\n`);
  return exitCode;
}

/** `slipway create` */
export async function createCommand(
  context: CliContext,
  image: string,
  args: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const options = runOptions(context, image, args, { ...flags, detach: true });
  context.stdout.write(`${await create(options, context.environment)}\n`);
  return EXIT.ok;
}
