import type { CliContext } from "./cli-context.ts";

/** Imports a command's handler when the command has been chosen, runs it and keeps its exit code. */
export type Run = (load: () => Promise<(context: CliContext) => Promise<number>>) => Promise<void>;
