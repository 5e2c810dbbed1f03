import type { Environment } from "../api/environment.ts";

/** What a command gets from the process: its surroundings, its streams, and the signal that Ctrl-C raises. */
export interface CliContext {
  readonly environment: Environment;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** Exit codes that are not a container's own (docs/exit-codes.md). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  containerSetup: 125,
  interrupted: 130,
  terminated: 143,
} as const;

/** What a command handler resolves with: the exit code. */
export type Handler<Args extends readonly unknown[]> = (
  context: CliContext,
  ...args: Args
) => Promise<number>;
