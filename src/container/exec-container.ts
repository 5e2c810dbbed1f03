import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { connectStreams, type StreamOptions } from "../runtime/container-streams.ts";
import { execArgv, selectDriver } from "../runtime/drivers.ts";
import { encodeSpec } from "../runtime/oci-spec.ts";
import { runtimeProblem } from "../runtime/runtime-log.ts";
import { pidOf } from "../store/owner.ts";
import { closeOnExec } from "../sys/close-on-exec.ts";
import { findTool, spawnProcess, toolPath } from "../sys/process.ts";
import { killTree } from "../sys/process-tree.ts";
import { windowSize } from "../sys/terminal.ts";
import type { CommandProblem } from "./command-problem.ts";
import type { ContainerFolder, ContainerState } from "./container-record.ts";
import { execProblem } from "./exec-check.ts";
import { type ExecOptions, execProcess, type SpecProcess } from "./exec-process.ts";
import { runtimeId } from "./prepare-container.ts";

const STDIN = 0;

/** A container that runs. */
export interface ExecTarget {
  readonly id: string;
  readonly folder: ContainerFolder;
  readonly state: Pick<ContainerState, "process" | "holder" | "join">;
  /** PATH for tools. */
  readonly path: string;
  readonly driver?: string;
  /** The caller is outside of the user namespace that the container is in. */
  readonly entersUserNamespace: boolean;
}

export interface ExecRun extends StreamOptions {
  /** Does not wait for the end. */
  readonly detach?: boolean;
  /** The process is ended when this is aborted, with all that it started and did not let go of. */
  readonly signal?: AbortSignal;
}

export interface ExecEnd {
  /** 126 and 127 where the command cannot be executed or found. */
  readonly exitCode: number;
  /** Present where it could not be started. */
  readonly failure?: string;
  /** Where the runtime has not said so on standard error already. */
  readonly isUntold?: boolean;
}

/**
 * Runs a further process in a container, with the capabilities, filters and limits of the container. Throws `CONTAINER_STATE` where the
 * container does not run, `RUNTIME_UNAVAILABLE` where it was started without an OCI runtime, `RUNTIME_FAILED`.
 */
export async function execInContainer(
  target: ExecTarget,
  options: ExecOptions,
  run: ExecRun = {},
): Promise<ExecEnd> {
  const scope = new CleanupScope();
  return scope.around(async () => {
    const process = processOf(target, options, run);
    const problem = await problemOf(target, process);
    if (problem) return { ...problem, isUntold: true };
    const call = prepare(target, process, run, scope);
    const streams = run.detach
      ? undefined
      : connectStreams(run, { terminal: options.tty ?? false, consoleSocket: call.consoleSocket }, scope);
    closeOnExec();
    const child = spawnProcess(call.argv, {
      cwd: "/",
      env: { PATH: toolPath(target.path), LC_ALL: "C" },
      stdio: streams?.stdio ?? ["ignore", "ignore", "ignore"],
      detached: !run.interactive,
    });
    streams?.childStarted();
    const stop = (): void => void (child.pid !== undefined && killTree(child.pid));
    run.signal?.addEventListener("abort", stop, { once: true });
    scope.defer(() => run.signal?.removeEventListener("abort", stop));
    const { exitCode } = await child.done;
    // What it left behind may hold on to its output.
    await Promise.race([streams?.finish(), aborted(run.signal, scope)]);
    return ended(exitCode, call.log);
  });
}

/** Resolves when the signal is aborted, if ever. */
function aborted(signal: AbortSignal | undefined, scope: CleanupScope): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => resolve();
    signal?.addEventListener("abort", end, { once: true });
    scope.defer(() => signal?.removeEventListener("abort", end));
  });
}

function ended(exitCode: number, log: string): ExecEnd {
  const problem = exitCode === 0 ? undefined : runtimeProblem(log);
  if (!problem) return { exitCode };
  if (problem.exitCode !== undefined) return { exitCode: problem.exitCode, failure: problem.failure };
  throw new SlipwayError("RUNTIME_FAILED", `the process could not be started: ${problem.failure}`, {
    facts: { exitCode },
  });
}

interface PreparedExec {
  readonly argv: readonly string[];
  readonly log: string;
  readonly consoleSocket: string | undefined;
}

const bundleOf = (folder: ContainerFolder): string => join(folder.scratch, "bundle");

/** A terminal has its size from the beginning: a program that asks for it at once would find none. */
function processOf({ folder }: ExecTarget, options: ExecOptions, { interactive }: ExecRun): SpecProcess {
  const size = options.tty && interactive ? windowSize(STDIN) : undefined;
  return execProcess(firstProcess(bundleOf(folder)), { ...options, ...(size ? { windowSize: size } : {}) });
}

async function problemOf(
  { state, entersUserNamespace }: ExecTarget,
  { args: argv, env, cwd, user }: SpecProcess,
): Promise<CommandProblem | undefined> {
  if (!state.process) return undefined;
  const { uid, gid, additionalGids = [] } = user;
  // Seen from outside of a user namespace, files belong to other ids.
  const who = entersUserNamespace ? {} : { user: { uid, gid, additionalGids } };
  return execProblem({ pid: pidOf(state.process), argv, env, cwd, ...who });
}

function prepare(
  { id, folder, state, path, driver: name, entersUserNamespace }: ExecTarget,
  what: SpecProcess,
  { interactive, streams, detach = false }: ExecRun,
  scope: CleanupScope,
): PreparedExec {
  const driver = selectDriver(path, name);
  if (driver.name === "unshare")
    throw new SlipwayError("RUNTIME_UNAVAILABLE", "exec and health checks need an OCI runtime", {
      hint: "install crun (Debian package crun), and start the container again",
    });
  const holder = state.holder && pidOf(state.holder);
  if (!holder) throw new SlipwayError("CONTAINER_STATE", "the container does not run");
  const base = join(folder.scratch, `exec-${randomBytes(8).toString("hex")}`);
  const [process, log] = [`${base}.json`, `${base}.log`];
  scope.defer(() => {
    for (const file of [process, log, `${base}.sock`]) rmSync(file, { force: true });
  });
  writeFileSync(process, encodeSpec(what), { mode: 0o600, flag: "wx" });
  const consoleSocket = what.terminal && interactive && streams ? `${base}.sock` : undefined;
  const call = { process, state: join(bundleOf(folder), "state"), log, id: runtimeId(id), detach };
  const nsenter = findTool("nsenter", path) ?? "nsenter";
  const namespaces = [...(entersUserNamespace ? ["--user"] : []), "--mount", "--pid"];
  return {
    argv: [
      ...(state.join ?? []),
      ...[nsenter, "--target", String(holder), ...namespaces, "--"],
      ...execArgv(driver, { ...call, ...(consoleSocket === undefined ? {} : { consoleSocket }) }),
    ],
    log,
    consoleSocket,
  };
}

/** RLIM_INFINITY: more than a number of JavaScript holds exactly. */
const UNLIMITED = 2n ** 64n - 1n;

/** As the runtime was told it when the container was started. */
function firstProcess(bundle: string): SpecProcess {
  try {
    const text = readFileSync(join(bundle, "config.json"), "utf8");
    const spec = JSON.parse(text, (_, value) => (value >= 2 ** 63 ? UNLIMITED : value));
    return (spec as { process: SpecProcess }).process;
  } catch (cause) {
    throw new SlipwayError("CONTAINER_STATE", "the container does not run any more", { cause });
  }
}
