import {
  killContainer,
  renameContainer,
  restartContainer,
  type StopOptions,
  startContainer,
  stopContainer,
  waitForContainer,
} from "../../api/control-container.ts";
import { removeContainer } from "../../api/remove-container.ts";
import type { WaitCondition } from "../../container/monitor-socket.ts";
import type { SupervisedEnd } from "../../container/supervise.ts";
import { isSlipwayError, SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { reportError } from "../report-error.ts";
import { writeText } from "../write-text.ts";
import { seconds } from "./life-flags.ts";
import { sayEnd } from "./run.ts";

type Handler = (context: CliContext) => Promise<number>;

interface StopFlags {
  readonly timeout?: string;
  readonly signal?: string;
}

/** Goes on after one that fails, as Docker does, but not after a Ctrl-C, which needs no words; `act` gives what is printed. */
async function forEach(
  context: CliContext,
  names: readonly string[],
  act: (name: string) => Promise<string | undefined>,
): Promise<number> {
  let code: number = EXIT.ok;
  for (const name of names) {
    try {
      const line = await act(name);
      if (line !== undefined) context.stdout.write(`${line}\n`);
    } catch (error) {
      if (!isSlipwayError(error)) throw error;
      if (context.signal.aborted) return EXIT.failed;
      code = reportError(context, error);
    }
  }
  return code;
}

function stopOptions({ timeout, signal }: StopFlags): StopOptions {
  return {
    ...(timeout === undefined ? {} : { timeout: seconds("--timeout", timeout) }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** `slipway stop`: all at once, because each may take its time. */
export function stopCommand(names: readonly string[], flags: StopFlags): Handler {
  return async (context) => {
    const options = stopOptions(flags);
    const codes = names.map((name) =>
      forEach(context, [name], async () => {
        await stopContainer(name, options, context.environment);
        return name;
      }),
    );
    return Math.max(...(await Promise.all(codes)));
  };
}

export function killCommand(names: readonly string[], { signal }: { readonly signal: string }): Handler {
  return (context) =>
    forEach(context, names, async (name) => {
      await killContainer(name, signal, context.environment);
      return name;
    });
}

export function startCommand(names: readonly string[]): Handler {
  return (context) =>
    startEach(context, names, (name, warn) => startContainer(name, warn, context.environment));
}

export function restartCommand(names: readonly string[], flags: StopFlags): Handler {
  return (context) => {
    const options = stopOptions(flags);
    return startEach(context, names, (name, warn) =>
      restartContainer(name, options, warn, context.environment),
    );
  };
}

type Start = (name: string, warn: (message: string) => void) => Promise<SupervisedEnd | undefined>;

async function startEach(context: CliContext, names: readonly string[], start: Start): Promise<number> {
  let worst = 0;
  const warn = (message: string) => writeText(context.stderr, `WARNING: ${message}\n`);
  const code = await forEach(context, names, async (name) => {
    const end = await start(name, warn);
    if (end?.failure === undefined) return name;
    sayEnd(context, end);
    worst = EXIT.failed;
    return undefined;
  });
  return Math.max(code, worst);
}

const CONDITIONS: readonly string[] = ["not-running", "running", "healthy", "removed"];

/** `slipway wait`: prints the exit code of each, as Docker does. */
export function waitCommand(
  names: readonly string[],
  { condition }: { readonly condition: string },
): Handler {
  return (context) => {
    if (!CONDITIONS.includes(condition))
      throw new SlipwayError("USAGE", `unknown condition ${JSON.stringify(condition)}`, {
        hint: `use ${CONDITIONS.join(", ")}`,
      });
    const { environment, signal } = context;
    return forEach(context, names, async (name) =>
      String(await waitForContainer(name, condition as WaitCondition, environment, signal)),
    );
  };
}

export function renameCommand(from: string, to: string): Handler {
  return async ({ environment }) => {
    await renameContainer(from, to, environment);
    return EXIT.ok;
  };
}

export function removeContainersCommand(
  names: readonly string[],
  flags: { readonly force?: boolean; readonly volumes?: boolean },
): Handler {
  return (context) =>
    forEach(context, names, async (name) => {
      try {
        const { force = false, volumes = false } = flags;
        await removeContainer(name, { force, volumes }, context.environment);
        return name;
      } catch (error) {
        if (flags.force && isSlipwayError(error, "CONTAINER_NOT_FOUND")) return undefined;
        throw error;
      }
    });
}
