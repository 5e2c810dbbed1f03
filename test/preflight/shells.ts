import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasTool, requireTool, runCommand } from "../support/tools.ts";

/** The shells that entry scripts must work in, as commands; those of them that are on this machine. */
export const SHELLS: readonly (readonly [name: string, ...command: string[]])[] = [
  ["dash", "dash"],
  ["bash", "bash", "--posix"],
  ["busybox", "busybox", "sh"],
].filter(([, program]) => hasTool(program!)) as [string, ...string[]][];

export function runShell(
  [, program, ...flags]: readonly string[],
  script: string,
  options: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly folder: string;
  },
) {
  const file = join(options.folder, "script.sh");
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  const env = { PATH: process.env.PATH ?? "", ...options.env };
  return runCommand(requireTool(program!), [...flags, file, ...(options.args ?? [])], { env });
}
