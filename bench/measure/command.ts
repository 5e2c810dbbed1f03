import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
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

const TAIL_CHARACTERS = 2000;
/** Node 20 loads this bundle eagerly when it starts; users rarely have it. */
const NOT_INHERITED = ["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SLIPWAY_HOME", "SLIPWAY_ROOTFS"];

/** Runs a command to its end and gives its seconds. `started` gets the process. @throws CommandFailed */
export async function timed(command: Command, started?: (child: ChildProcess) => void): Promise<number> {
  const log = join(tmpdir(), `slipway-bench-${process.pid}-${counter++}.log`);
  const descriptor = openSync(log, "wx");
  try {
    const { seconds, how } = await runToEnd(command, descriptor, started);
    if (how === 0) return seconds;
    throw new CommandFailed(`${command.argv.join(" ")} ended with ${how}:\n${tail(log)}`);
  } finally {
    closeSync(descriptor);
    rmSync(log, { force: true });
  }
}

let counter = 0;

/** What the command said goes to a file, so that nobody waits for a reader. */
function runToEnd(
  { argv, env }: Command,
  log: number,
  started?: (child: ChildProcess) => void,
): Promise<{ seconds: number; how: number | string }> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(argv[0]!, argv.slice(1), {
      stdio: ["ignore", log, log],
      env: { ...inheritedEnvironment(), ...env },
    });
    child.once("error", (error) => reject(new CommandFailed(`${argv[0]}: ${error.message}`)));
    child.once("exit", (code, signal) =>
      resolve({ seconds: (performance.now() - begin) / 1000, how: code ?? signal ?? "nothing" }),
    );
    started?.(child);
  });
}

function tail(log: string): string {
  return readFileSync(log, "utf8").slice(-TAIL_CHARACTERS);
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
