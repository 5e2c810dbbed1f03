import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program with its arguments, ready to be run and timed. */
export interface Command {
  readonly argv: readonly string[];
  /** Laid over the environment of the benchmark. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that did not succeed; the message ends with the last lines of what it said. */
export class CommandFailed extends Error {}

const TAIL_BYTES = 2000;
/** Node 20 loads this bundle eagerly when it starts; users rarely have it. */
const NOT_INHERITED = ["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SLIPWAY_HOME", "SLIPWAY_ROOTFS"];

/** Runs a command to its end and gives its seconds. `started` gets its process id. It does not outlive the benchmark. @throws CommandFailed */
export async function timed(command: Command, started?: (pid: number) => void): Promise<number> {
  const log = openLog();
  try {
    const { seconds, how } = await runToEnd(command, log, started);
    if (how === 0) return seconds;
    throw new CommandFailed(`${command.argv.join(" ")} ended with ${how}:\n${tail(log)}`);
  } finally {
    closeSync(log);
  }
}

/** A file without a name: what the command says goes there, so that nobody waits for a reader. */
function openLog(): number {
  const file = join(tmpdir(), `slipway-bench-${process.pid}.log`);
  const descriptor = openSync(file, "w+");
  rmSync(file);
  return descriptor;
}

function tail(log: number): string {
  const { size } = fstatSync(log);
  const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
  readSync(log, bytes, 0, bytes.length, size - bytes.length);
  return bytes.toString("utf8");
}

function runToEnd(
  { argv, env }: Command,
  log: number,
  started?: (pid: number) => void,
): Promise<{ seconds: number; how: number | string }> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(argv[0]!, argv.slice(1), {
      stdio: ["ignore", log, log],
      env: { ...inheritedEnvironment(), ...env },
      // A group of its own, which can be ended as a whole.
      detached: true,
    });
    const end = () => killGroup(child.pid);
    process.prependOnceListener("exit", end);
    child.once("error", (error) => reject(new CommandFailed(`${argv[0]}: ${error.message}`)));
    child.once("exit", (code, signal) => {
      const seconds = (performance.now() - begin) / 1000;
      process.off("exit", end);
      resolve({ seconds, how: code ?? signal ?? "nothing" });
    });
    if (child.pid !== undefined) started?.(child.pid);
  });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_INHERITED.includes(name)));
}

/** Tells whether a command succeeds. */
export async function works(command: Command): Promise<boolean> {
  return timed(command).then(
    () => true,
    () => false,
  );
}

/** What a command prints. Undefined where it fails. */
export function output({ argv }: Command): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => resolve(code === 0 ? text : undefined));
  });
}

/** Brings what is written to the disk, so that it does not slow down who comes next. */
export async function settle(): Promise<void> {
  await timed({ argv: ["sync"] });
}
