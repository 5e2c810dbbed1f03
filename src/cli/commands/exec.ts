import { execContainer } from "../../api/exec.ts";
import { SlipwayError } from "../../core/errors.ts";
import type { CliContext } from "../cli-context.ts";
import { sayEnd } from "./run.ts";
import { environmentFlags } from "./run-request.ts";

interface ExecFlags {
  readonly detach?: boolean;
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
}

/** `slipway exec`: the exit code is the process's own; 126 and 127 where it could not be executed or found. */
export function execCommand(
  name: string,
  argv: readonly string[],
  flags: ExecFlags,
): (context: CliContext) => Promise<number> {
  return async (context) => {
    if (flags.tty && flags.interactive && !flags.detach && !context.stdin.isTTY)
      throw new SlipwayError("USAGE", "the input device is not a TTY", {
        hint: "leave -t or -i out where input is a pipe or a file",
      });
    const end = await execContainer(
      name,
      {
        argv,
        env: environmentFlags(flags, context).env,
        tty: flags.tty ?? false,
        interactive: flags.interactive ?? false,
        streams: context,
        signal: context.signal,
        ...(flags.detach ? { detach: true } : {}),
        ...(flags.user === undefined ? {} : { user: flags.user }),
        ...(flags.workdir ? { cwd: flags.workdir } : {}),
      },
      context.environment,
    );
    return end.isUntold ? sayEnd(context, end) : end.exitCode;
  };
}
