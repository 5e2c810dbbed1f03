import { spawn } from "node:child_process";
import { constants } from "node:os";
import { findProgram } from "../../scripts/programs.mjs";

const PACKAGES: Readonly<Record<string, string>> = {
  "docker-registry": "docker-registry",
  newuidmap: "uidmap",
  busybox: "busybox-static",
  "ssh-agent": "openssh-client",
  setpriv: "util-linux",
};

/** Full path of a program that a test cannot do without; its absence fails the test with the remedy. */
export function requireTool(name: string): string {
  const file = findProgram(name);
  if (file) return file;
  throw new Error(`${name} is not installed: sudo apt-get install ${PACKAGES[name] ?? name}`);
}

/** Tells whether a program is there that a test merely compares with (`it.runIf(hasTool("skopeo"))`). */
export function hasTool(name: string): boolean {
  return findProgram(name) !== undefined;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; PATH only where it is absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  /** 128 + n where signal n ended the process. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; only a program that cannot be started rejects. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? { PATH: process.env.PATH ?? "" },
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout!.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr!.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      }),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input);
    options.signal?.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
  });
}

/** Like `runCommand`, for a program that has to succeed; gives its standard output. */
export async function runOrFail(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(file, args, options);
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`${file} ${args.join(" ")} ended with ${result.exitCode}:\n${result.stderr}`);
}
