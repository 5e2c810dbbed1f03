import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import { cancelled } from "../core/cleanup-scope.ts";
import { describeSystemError, isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { BuildEvent, EventSink } from "../core/events.ts";
import { currentOwner } from "../store/owner.ts";
import { StorePaths } from "../store/paths.ts";
import { TempArea } from "../store/temp-area.ts";
import { openPipe, type Pipe } from "../sys/pipe.ts";
import { spawnProcess } from "../sys/process.ts";
import { isInForeground } from "../sys/terminal.ts";
import { describeUserNamespace, enterArgv, refusedUserNamespace } from "../sys/user-namespace.ts";
import type { Environment } from "./environment.ts";
import { FrameReader } from "./message-frames.ts";
import { type PlainError, reviveError } from "./plain-error.ts";

/** Says that the work at hand needs mapped ids. Caught by `elevated`; never reaches a user. */
export class NeedsUserNamespace extends Error {
  override readonly name = "NeedsUserNamespace";
}

/** What a child inside the namespace is asked to do. Plain data only: it travels through a file. */
export interface NamespaceRequest {
  readonly operation: string;
  readonly options: unknown;
  readonly environment: Environment;
}

export type NamespaceMessage =
  | { readonly kind: "event"; readonly event: BuildEvent }
  | { readonly kind: "result"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: PlainError };

export interface NamespaceCall extends NamespaceRequest {
  readonly onEvent?: EventSink;
  readonly signal?: AbortSignal;
  /** Takes what the child writes to standard output; default is to share ours. */
  readonly stdout?: NodeJS.WritableStream;
  /** Given to the child as standard input. */
  readonly stdin?: Readable;
  /** Where else than in a user namespace of its own the child is started: the command line that leads there. */
  readonly enter?: (argv: readonly string[]) => readonly string[];
  /** The child shares terminal and process group with us (`run -it`). */
  readonly interactive?: boolean;
  /** Told how signals can be passed on to the child. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** A terminal sends these to all of its foreground process group, of which an interactive child is one. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGWINCH"]);

/** Whether an ordinary user's work can go on inside a user namespace on this machine, as far as files tell, and if not, why. */
export function userNamespaceAvailable(environment: Environment): {
  readonly available: boolean;
  readonly reason: string;
} {
  const { available, reason } = describeUserNamespace({ uid: environment.uid, path: environment.path });
  return { available, reason: reason ?? "" };
}

/** The same, tried out. */
export async function tryUserNamespace(environment: Environment): Promise<{
  readonly available: boolean;
  readonly reason: string;
}> {
  const told = userNamespaceAvailable(environment);
  const refusal = told.available ? await refusedUserNamespace(environment.path) : undefined;
  return refusal === undefined ? told : { available: false, reason: refusal };
}

/**
 * Does the same operation once more inside `unshare --user --map-auto`, as its root (DESIGN decision 7). Events arrive as they
 * happen; aborting the signal ends the child and all it started.
 */
export async function inUserNamespace(call: NamespaceCall): Promise<unknown> {
  const { stdout, stdin, enter = enterArgv } = call;
  if (!call.enter) await requireUserNamespace(call.environment);
  const answers = requirePipe();
  const output = stdout && requirePipe();
  const temp = temporaryFiles(call.environment.home);
  let request: string | undefined;
  let outcome: NamespaceMessage | undefined;
  const reader = new FrameReader((value) => {
    const message = value as NamespaceMessage;
    if (message.kind === "event") call.onEvent?.(message.event);
    else outcome = message;
  });
  const finished = [closed(answers.readable)];
  answers.readable.on("data", (chunk: Buffer) => reader.add(chunk));
  if (output) finished.push(passOn(output.readable, stdout));
  try {
    request = writeRequest(temp, call);
    const child = spawnProcess(enter([process.execPath, namespaceEntry(), request]), {
      env: {
        ...call.environment.variables,
        PATH: call.environment.path,
        // Inside, the default would be root's.
        SLIPWAY_HOME: call.environment.home,
      },
      stdio: [
        stdin ? "pipe" : call.interactive ? "inherit" : "ignore",
        output?.writeFd ?? "inherit",
        "inherit",
        answers.writeFd,
      ],
      ...(call.signal ? { signal: call.signal } : {}),
      detached: !call.interactive,
      graceMs: 10_000,
    });
    for (const pipe of [answers, output]) pipe?.closeWriteEnd();
    if (stdin && child.stdin) feed(stdin, child.stdin);
    call.onStarted?.((signal) => {
      if (!FROM_TERMINAL.has(signal) || !isInForeground()) child.kill(signal);
    });
    const end = await child.done;
    await Promise.all(finished);
    if (outcome?.kind === "result") return outcome.value;
    if (outcome?.kind === "error") throw reviveError(outcome.error);
    throw new SlipwayError(
      "RUNTIME_FAILED",
      `the user namespace could not be entered (exit code ${end.exitCode})`,
      {
        hint: "`slipway doctor` says what is missing",
      },
    );
  } catch (error) {
    throw call.signal?.aborted ? cancelled(call.signal) : error;
  } finally {
    for (const pipe of [answers, output]) {
      pipe?.closeWriteEnd();
      pipe?.readable.destroy();
    }
    if (request !== undefined) rmSync(request, { force: true });
    temp.close();
  }
}

/** Throws `RUNTIME_UNAVAILABLE` where the kernel makes no user namespace for this process. */
export async function requireUserNamespace({ path }: Environment): Promise<void> {
  const refusal = await refusedUserNamespace(path);
  if (refusal === undefined) return;
  throw new SlipwayError(
    "RUNTIME_UNAVAILABLE",
    `an ordinary user needs a user namespace for this: ${refusal}`,
    {
      hint: "run it outside the chroot or container, or as root; `slipway doctor` says what works here",
    },
  );
}

/** A pipe. Throws `RUNTIME_UNAVAILABLE` where none can be made. */
export function requirePipe(): Pipe {
  const pipe = openPipe();
  if (pipe) return pipe;
  throw new SlipwayError(
    "RUNTIME_UNAVAILABLE",
    "system calls cannot be made here: the koffi package has no build for this machine",
  );
}

function closed(stream: Readable): Promise<void> {
  return new Promise((done) => stream.once("close", () => done()));
}

/**
 * Copies the child's output no faster than the target takes it: an image may be larger than memory. A target that failed takes
 * nothing more; the rest is dropped, or else the child would wait for ever.
 */
async function passOn(source: Readable, target: NodeJS.WritableStream): Promise<void> {
  const drop = (): void => void source.unpipe(target).resume();
  target.once("error", drop);
  target.once("close", drop);
  source.pipe(target, { end: false });
  await closed(source);
  target.removeListener("error", drop);
  target.removeListener("close", drop);
}

/** What cannot be read ends the child's input, which it then finds cut short. */
function feed(source: Readable, target: Writable): void {
  source.on("error", () => target.destroy());
  // EPIPE: the child has said why.
  target.on("error", () => source.unpipe(target));
  source.pipe(target);
}

/** Tries an operation as it is, and inside a user namespace where it turns out to need one. Events of the first try are held back until it is clear. */
export async function elevated<R>(
  call: Omit<NamespaceCall, "onEvent"> & { readonly onEvent?: EventSink },
  attempt: (onEvent: EventSink) => Promise<R>,
): Promise<R> {
  if (call.environment.uid === 0) return attempt(call.onEvent ?? (() => {}));
  const held: BuildEvent[] = [];
  try {
    return await attempt((event) => held.push(event))
      .finally(() => undefined)
      .then((result) => flush(held, call.onEvent, result));
  } catch (error) {
    if (error instanceof NeedsUserNamespace) return (await inUserNamespace(call)) as R;
    flush(held, call.onEvent, undefined);
    throw error;
  }
}

function flush<R>(held: readonly BuildEvent[], onEvent: EventSink | undefined, result: R): R {
  if (onEvent) for (const event of held) onEvent(event);
  return result;
}

/** Temporary files of this process in a store that is not opened; whoever opens it later removes what was left behind. */
export function temporaryFiles(home: string): TempArea {
  return new TempArea(new StorePaths(home), currentOwner());
}

/**
 * The request may hold secrets: a file that only its owner reads, gone as soon as it was read. It lies beside the store, or where
 * that disk is full (pruning must work then) in the folder for temporary files. Gives its path.
 */
function writeRequest(temp: TempArea, { operation, options, environment }: NamespaceRequest): string {
  const bytes = serialize({ operation, options, environment } satisfies NamespaceRequest);
  try {
    return writeWhole(temp.file("request"), bytes);
  } catch (error) {
    if (!isSlipwayError(error, "DISK_FULL")) throw error;
    return writeWhole(join(tmpdir(), `slipway-request-${randomBytes(12).toString("hex")}`), bytes);
  }
}

function writeWhole(path: string, bytes: Uint8Array): string {
  try {
    writeFileSync(path, bytes, { mode: 0o600, flag: "wx" });
    return path;
  } catch (error) {
    rmSync(path, { force: true });
    throw describeSystemError(error, `writing ${path}`);
  }
}

function namespaceEntry(): string {
  return programEntry("namespace");
}

/** A program that lies beside this one; from TypeScript sources it is the built one. */
export function programEntry(part: "namespace" | "monitor"): string {
  const beside = fileURLToPath(new URL(`./${part}.js`, import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../../dist/${part}.js`, import.meta.url));
}
