import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { cancelled } from "../core/cleanup-scope.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";

export { findTool, toolPath } from "./find-tool.ts";

/** Every variable the program sees. Nothing is inherited; `PATH` in it decides where a bare program name is looked for. */
export type Environment = Readonly<Record<string, string>>;

export interface ProcessOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** Ends the process group with SIGTERM, and after `graceMs` with SIGKILL; the promise rejects with `CANCELLED`. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the process group is ended in the same way; the promise rejects with `TOOL_FAILED`. */
  readonly timeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; default 2000. */
  readonly graceMs?: number;
}

/** `ignore` is an empty input or a lost output; a number is a descriptor of this process. */
export type Channel = "ignore" | "inherit" | "pipe" | number;

export interface SpawnOptions extends ProcessOptions {
  /** stdin, stdout, stderr and further descriptors; default ignore, pipe, pipe. */
  readonly stdio?: readonly Channel[];
  /** Written to stdin, which is then closed; makes stdin a pipe. */
  readonly input?: Uint8Array;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Leaves the output to the caller, as `stdout` of the result; `done` waits until it was read or destroyed. */
  readonly streamStdout?: boolean;
  /**
   * Default true: the process leads a session and a group of its own, so that it can be ended with all it started and a
   * Ctrl-C of the terminal reaches only us. False for programs that use the terminal themselves.
   */
  readonly detached?: boolean;
}

/** How a process ended. `exitCode` is 128 + n where signal n ended it, as shells report it. */
export interface ProcessEnd {
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
}

export interface ProcessResult extends ProcessEnd {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface RunningProcess {
  /** Undefined where the program could not be started; `done` then rejects. */
  readonly pid: number | undefined;
  /** Present where stdin is a pipe and no `input` was given. */
  readonly stdin: Writable | undefined;
  /** Present with `streamStdout`. */
  readonly stdout?: Readable | undefined;
  /** Sends a signal to the process alone. */
  kill(signal: NodeJS.Signals): void;
  /** Lets this program end while the process goes on. */
  unref(): void;
  /** Settles once, when the process has ended and its output is complete, with the first reason there was to end. */
  readonly done: Promise<ProcessEnd>;
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  ...{
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGILL: 4,
    SIGTRAP: 5,
    SIGABRT: 6,
    SIGBUS: 7,
    SIGFPE: 8,
    SIGKILL: 9,
  },
  ...{ SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGSTKFLT: 16 },
  ...{ SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGIO: 29, SIGPWR: 30, SIGSYS: 31 },
};

/**
 * Starts a program and streams its output. The only place that spawns (with `runProcess`, which is built on it).
 * `done` rejects with `TOOL_NOT_FOUND` where the program is missing, `CANCELLED`, `TOOL_FAILED` (time is up), or with what
 * an output callback threw; it does not reject for a non-zero exit code.
 */
export function spawnProcess(argv: readonly string[], options: SpawnOptions): RunningProcess {
  if (options.signal?.aborted) return unstarted(cancelled(options.signal));
  let child: ChildProcess;
  try {
    child = spawn(argv[0]!, argv.slice(1), {
      cwd: options.cwd,
      env: options.env,
      detached: options.detached ?? true,
      stdio: stdioOf(options),
    });
  } catch (error) {
    return unstarted(startError(argv, options, error));
  }
  const done = settle(child, argv, options);
  feed(child, options.input);
  return {
    pid: child.pid,
    stdin: options.input ? undefined : (child.stdin ?? undefined),
    ...(options.streamStdout && child.stdout ? { stdout: child.stdout } : {}),
    kill: (signal) => void child.kill(signal),
    unref: () => child.unref(),
    done,
  };
}

export interface RunOptions extends ProcessOptions {
  /** Default: nothing to read. */
  readonly stdin?: Uint8Array | "ignore";
  /** Most bytes of each of stdout and stderr; default 16 MiB. More ends the process and rejects with `TOOL_FAILED`. */
  readonly maxOutput?: number;
}

/** Runs a program to its end and gives its output. Rejects as `spawnProcess().done` does. */
export async function runProcess(argv: readonly string[], options: RunOptions): Promise<ProcessResult> {
  const { stdin, maxOutput = 16 * 1024 * 1024, ...rest } = options;
  const stdout = collector(argv, maxOutput);
  const stderr = collector(argv, maxOutput);
  const end = await spawnProcess(argv, {
    ...rest,
    ...(stdin instanceof Uint8Array ? { input: stdin } : {}),
    onStdout: stdout.add,
    onStderr: stderr.add,
  }).done;
  return { ...end, stdout: stdout.bytes(), stderr: stderr.bytes() };
}

function settle(child: ChildProcess, argv: readonly string[], options: SpawnOptions): Promise<ProcessEnd> {
  let resolve!: (end: ProcessEnd) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<ProcessEnd>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // A caller that only kills and never looks at `done` must not bring the program down.
  promise.catch(() => {});
  const { signal, timeoutMs, graceMs = 2000 } = options;
  let failure: unknown;
  let graceTimer: NodeJS.Timeout | undefined;
  const end = (reason: unknown): void => {
    if (failure !== undefined) return;
    failure = reason;
    killGroup(child, options, "SIGTERM");
    graceTimer = setTimeout(() => killGroup(child, options, "SIGKILL"), graceMs);
  };
  const onAbort = (): void => end(cancelled(signal));
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => end(timeoutError(argv, timeoutMs)), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  const finish = (): void => {
    clearTimeout(timer);
    clearTimeout(graceTimer);
    signal?.removeEventListener("abort", onAbort);
  };
  if (!options.streamStdout) listen(child.stdout, options.onStdout, end);
  listen(child.stderr, options.onStderr, end);
  child.once("error", (error) => {
    // A failed kill() is reported here too; only a process that never started ends the race.
    if (child.pid !== undefined) return;
    finish();
    reject(startError(argv, options, error));
  });
  child.once("exit", () => {
    // What outlives an aborted leader would hold the output open for ever.
    if (failure !== undefined) killGroup(child, options, "SIGKILL");
  });
  child.once("close", (code, ended) => {
    finish();
    if (failure !== undefined) reject(failure);
    else
      resolve(
        ended ? { exitCode: 128 + (SIGNAL_NUMBERS[ended] ?? 0), signal: ended } : { exitCode: code ?? 0 },
      );
  });
  return promise;
}

function listen(
  stream: NodeJS.ReadableStream | null,
  callback: ((chunk: Buffer) => void) | undefined,
  end: (reason: unknown) => void,
): void {
  stream?.on("data", (chunk: Buffer) => {
    try {
      callback?.(chunk);
    } catch (error) {
      end(error);
    }
  });
  stream?.on("error", end);
}

function killGroup(child: ChildProcess, options: SpawnOptions, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (options.detached ?? true) process.kill(-child.pid, signal);
    else if (child.exitCode === null && child.signalCode === null) process.kill(child.pid, signal);
  } catch {
    // ESRCH: it is gone already.
  }
}

function feed(child: ChildProcess, input: Uint8Array | undefined): void {
  // EPIPE: the program ended without reading everything; its exit code tells why.
  child.stdin?.on("error", () => {});
  if (input) child.stdin?.end(input);
}

function stdioOf(options: SpawnOptions): StdioOptions {
  const stdio: Channel[] = [...(options.stdio ?? ["ignore", "pipe", "pipe"])];
  if (options.input) stdio[0] = "pipe";
  return stdio;
}

function collector(argv: readonly string[], limit: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) {
        throw new SlipwayError("TOOL_FAILED", `${argv[0]} wrote more than ${limit} bytes`);
      }
      chunks.push(chunk);
    },
    bytes: (): Buffer => Buffer.concat(chunks),
  };
}

function unstarted(error: unknown): RunningProcess {
  const done = Promise.reject(error);
  done.catch(() => {});
  return { pid: undefined, stdin: undefined, kill: () => {}, unref: () => {}, done };
}

function timeoutError(argv: readonly string[], timeoutMs: number): SlipwayError<"TOOL_FAILED"> {
  return new SlipwayError("TOOL_FAILED", `${argv[0]} did not end within ${timeoutMs} ms`);
}

function startError(argv: readonly string[], options: SpawnOptions, cause: unknown): unknown {
  const tool = argv[0] ?? "";
  const code = systemErrorCode(cause);
  if (code === "ENOENT" && options.cwd !== undefined && !existsSync(options.cwd)) {
    return new SlipwayError("TOOL_FAILED", `${tool} cannot start: no such folder: ${options.cwd}`, { cause });
  }
  if (code === "ENOENT") {
    return new SlipwayError("TOOL_NOT_FOUND", `${tool} is not installed, or not in PATH`, {
      cause,
      facts: { tool },
      hint: `install ${tool}, or add its folder to PATH`,
    });
  }
  const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new SlipwayError("TOOL_FAILED", `${tool} cannot be started: ${reason}`, { cause, facts: { tool } });
}
