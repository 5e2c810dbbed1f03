import { chownSync, closeSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { openPipe, type Pipe } from "../sys/pipe.ts";
import { type Channel, findTool, type RunningProcess, spawnProcess, toolPath } from "../sys/process.ts";
import { descendantOf } from "../sys/process-tree.ts";
import { bareScript } from "./bare-driver.ts";
import { type Driver, runtimeCommand, selectDriver } from "./drivers.ts";
import { prepareMounts } from "./mount-script.ts";
import { ociSpec } from "./oci-spec.ts";
import type { ContainerRequest, Privilege } from "./request.ts";
import { type ContainerEnd, interpretEnd } from "./runtime-log.ts";

export type { ContainerEnd } from "./runtime-log.ts";

export interface RunContainerOptions {
  readonly privilege: Privilege;
  /** PATH for tools. */
  readonly path: string;
  readonly driver?: string;
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Our own streams are the process's. */
  readonly interactive?: boolean;
  /** With `interactive`: whether standard input is among them. */
  readonly stdin?: "ignore" | "inherit";
  /** Told how signals are passed on to the process, once it has been started. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly signal?: AbortSignal;
}

const GRACE_MS = 1500;

/**
 * Runs one process in a container to its end. Everything is mounted in a mount namespace of its own, below a process namespace of
 * its own, and all of it dies with this process, however that dies (DESIGN decision 5). Exit codes 126 and 127 stand for a command
 * that cannot be executed or found. Throws `RUNTIME_UNAVAILABLE`, `RUNTIME_FAILED`, `CANCELLED`.
 */
export async function runContainer(
  request: ContainerRequest,
  options: RunContainerOptions,
): Promise<ContainerEnd> {
  const driver = selectDriver(options.path, options.driver);
  const scope = new CleanupScope();
  try {
    const prepared = prepareMounts(request, options.privilege);
    for (const descriptor of prepared.descriptors) scope.defer(() => closeSync(descriptor));
    createWorkdir(request);
    const log = join(request.scratch, "runtime.log");
    const script = join(request.scratch, "start.sh");
    const lines = [
      "set -e",
      ...request.rootfs.mountScript,
      ...prepared.script,
      "cd /",
      ...startLines(request, driver, options, prepared.placed, log),
    ];
    writeFileSync(script, `${lines.join("\n")}\n`);
    const end = await start(script, prepared.descriptors, options, scope);
    return interpretEnd(end, log, options.onOutput);
  } finally {
    await scope.close();
  }
}

function startLines(
  request: ContainerRequest,
  driver: Driver,
  options: RunContainerOptions,
  placed: ReturnType<typeof prepareMounts>["placed"],
  log: string,
): readonly string[] {
  if (driver.name === "unshare") return bareScript(request, placed, log);
  const bundle = join(request.scratch, "bundle");
  mkdirSync(bundle);
  const { userNamespace } = options.privilege;
  const spec = ociSpec(request, placed, {
    privilege: options.privilege,
    lastCapability: lastCapability(),
    architecture: process.arch,
    cgroup2: true,
  });
  writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));
  const call = { bundle, state: join(request.scratch, "state"), log, id: request.id };
  // The runtimes refuse hybrid hierarchies; in this namespace there is only the new one.
  const cgroups = ["mount -t cgroup2 none /sys/fs/cgroup"];
  return [...cgroups, runtimeCommand(driver, call)];
}

/** RN-05: the working directory is part of the layer and belongs to the process's user. */
function createWorkdir({ workdir, rootfs, user }: ContainerRequest): void {
  for (const path of workdir.missing) makeOwned(join(rootfs.upper, path), user.uid, user.gid);
}

async function start(
  script: string,
  descriptors: readonly number[],
  options: RunContainerOptions,
  scope: CleanupScope,
) {
  const pipes = options.interactive ? undefined : outputPipes(options, scope);
  const output: Channel[] = pipes ? [pipes.stdout.writeFd, pipes.stderr.writeFd] : ["inherit", "inherit"];
  const stdin: Channel = options.interactive && options.stdin === "inherit" ? "inherit" : "ignore";
  const child = spawnProcess(launchArgv(script, options), {
    env: { PATH: toolPath(options.path) },
    stdio: [stdin, ...output, ...descriptors],
    detached: !options.interactive,
    graceMs: GRACE_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  pipes?.stdout.closeWriteEnd();
  pipes?.stderr.closeWriteEnd();
  options.onStarted?.((signal) => killContainer(child, signal));
  const end = await child.done;
  await pipes?.finished;
  return end;
}

/** `setpriv` ties the whole to our life, `--kill-child` the container to that of `unshare`, the process namespace the rest. */
function launchArgv(script: string, { path }: RunContainerOptions): string[] {
  const setpriv = findTool("setpriv", path);
  const guard = setpriv ? [setpriv, "--pdeathsig", "KILL"] : [];
  return [
    ...guard,
    findTool("unshare", path) ?? "unshare",
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--kill-child",
    "--cgroup",
    "--mount-proc",
    "sh",
    script,
  ];
}

/** unshare -> runtime (process 1 of the namespace) -> the container's own first process. */
function killContainer(child: RunningProcess, signal: NodeJS.Signals): void {
  const pid = child.pid === undefined ? undefined : descendantOf(child.pid, 2);
  try {
    if (pid !== undefined) process.kill(pid, signal);
    else child.kill(signal);
  } catch {
    // It ended meanwhile: there is nobody to tell.
  }
}

function outputPipes(
  options: RunContainerOptions,
  scope: CleanupScope,
): { stdout: Pipe; stderr: Pipe; finished: Promise<unknown> } {
  const make = (stream: "stdout" | "stderr") => {
    const pipe = openPipe();
    if (!pipe)
      throw new SlipwayError(
        "RUNTIME_UNAVAILABLE",
        "system calls cannot be made here: the koffi package has no build for this machine",
      );
    scope.defer(() => pipe.closeWriteEnd());
    pipe.readable.on("data", (chunk: Buffer) => options.onOutput?.(stream, chunk));
    const ended = new Promise<void>((done) => pipe.readable.once("close", () => done()));
    return { pipe, ended };
  };
  const [stdout, stderr] = [make("stdout"), make("stderr")];
  return { stdout: stdout.pipe, stderr: stderr.pipe, finished: Promise.all([stdout.ended, stderr.ended]) };
}

function makeOwned(path: string, uid: number, gid: number): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  chownSync(path, uid, gid);
}

function lastCapability(): number {
  try {
    return Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));
  } catch {
    return 40;
  }
}
