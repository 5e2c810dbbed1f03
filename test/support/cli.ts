import { existsSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { PROJECT_ROOT } from "./source-tree.ts";
import type { TestUser } from "./test-user.ts";
import { type CommandResult, runCommand } from "./tools.ts";

export interface CliOptions {
  /** `SLIPWAY_HOME`; always a folder of the test's own. */
  readonly home: string;
  readonly cwd?: string;
  /** Added to a minimal environment: PATH, HOME (= home), LANG. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Runs as this user; `home` must belong to it. */
  readonly user?: TestUser;
  /** Sends SIGINT when aborted. */
  readonly signal?: AbortSignal;
}

/** The built command. */
export const CLI = join(PROJECT_ROOT, "dist/cli.js");

/** Runs `slipway` with these arguments to its end. Standard input is empty unless `input` is given. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CommandResult> {
  const reason = inject("buildError");
  if (reason) throw new Error(`dist/ could not be built: ${reason}`);
  if (!existsSync(CLI)) throw new Error("there is no dist/cli.js: run `node scripts/build.mjs`");
  const { user } = options;
  // As the command's own first lines start it.
  const node = [user?.node ?? process.execPath, "--", user?.cli ?? CLI];
  const command = [...(user?.prefix ?? []), ...node, ...args];
  return runCommand(command[0]!, command.slice(1), {
    cwd: options.cwd ?? options.home,
    env: {
      PATH: process.env.PATH ?? "",
      LANG: "C.UTF-8",
      HOME: user?.home ?? options.home,
      ...(user ? { USER: user.name } : {}),
      SLIPWAY_HOME: options.home,
      ...options.env,
    },
    input: options.input ?? "",
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** Like `runCli`, for a command that has to succeed. */
export async function runCliOrFail(args: readonly string[], options: CliOptions): Promise<CommandResult> {
  const result = await runCli(args, options);
  if (result.exitCode === 0) return result;
  throw new Error(
    `slipway ${args.join(" ")} ended with ${result.exitCode}:\n${result.stdout}\n${result.stderr}`,
  );
}
