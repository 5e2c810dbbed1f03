import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { CleanupScope, cancelled, throwIfAborted } from "../core/cleanup-scope.ts";
import { describeSystemError } from "../core/errors.ts";
import { quote } from "../snapshot/rootfs.ts";
import { closeOnExec } from "../sys/close-on-exec.ts";
import {
  type Channel,
  findTool,
  type ProcessEnd,
  type RunningProcess,
  spawnProcess,
  toolPath,
} from "../sys/process.ts";
import { windowSize } from "../sys/terminal.ts";
import { bareLines, bareNamespaces } from "./bare-driver.ts";
import { capabilitiesIn } from "./capabilities.ts";
import { limitContainer } from "./cgroup/limit-container.ts";
import { withCompiledFilter } from "./compiled-filter.ts";
import {
  type ContainerStreams,
  connectStreams,
  type StreamOptions,
  type TerminalPlace,
} from "./container-streams.ts";
import { companions, type Driver, initDepth, runtimeLines, selectDriver } from "./drivers.ts";
import { hostDevices } from "./host-devices.ts";
import { type PreparedMounts, prepareMounts } from "./mount-script.ts";
import { encodeSpec, ociSpec } from "./oci-spec.ts";
import { PrivateFiles, placeEnvironment } from "./private-files.ts";
import type { ContainerRequest, Privilege } from "./request.ts";
import { type ContainerEnd, interpretEnd } from "./runtime-log.ts";
import type { SandboxPool } from "./sandbox-pool.ts";
import { type StartTraces, startScript, startTraces } from "./start-script.ts";
import { signalContainer, stopContainer } from "./stop-container.ts";
import { type RunningContainer, watchStart } from "./watch-start.ts";

export type { ContainerEnd } from "./runtime-log.ts";
export type { RunningContainer } from "./watch-start.ts";

const STDIN = 0;

/**
 * `onOutput` is called as output comes, in order within each stream, but not where `interactive` is set: then our own streams are the
 * process's, which shares our process group, and with `streams` it has pipes or a terminal of its own that are relayed here.
 */
export interface RunContainerOptions extends StreamOptions {
  readonly privilege: Privilege;
  /** PATH for tools. */
  readonly path: string;
  /** Driver by name; default is the best one that is there. */
  readonly driver?: string;
  /** Makes the next container's namespaces ahead; default is to make them when it starts. */
  readonly sandboxes?: SandboxPool;
  /** Where filters of system calls are kept in their compiled form; default is to let the runtime compile each anew. */
  readonly filterFolder?: string;
  /** Told what of the request this machine does not let us do; the container runs without it. */
  readonly onWarning?: (message: string) => void;
  /** Told how signals are passed on to the container's first process, once it is on its way. */
  readonly onStarted?: (kill: (signal: NodeJS.Signals | number) => void) => void;
  /** Told that the command itself runs; not where it ends before that was noticed. */
  readonly onRunning?: (container: RunningContainer) => void;
  /** Ends the container: SIGTERM for its first process, SIGKILL for everything after `graceMs`. */
  readonly signal?: AbortSignal;
  /** Milliseconds between the two; default 1500. */
  readonly graceMs?: number;
}

/**
 * Runs one process in a container to its end. Everything is mounted in a mount namespace of its own, below a process namespace of
 * its own, and all of it dies with this process, however that dies (DESIGN decision 5). Exit codes 126 and 127 stand for a command
 * that cannot be executed or found. Throws `RUNTIME_UNAVAILABLE`, `RUNTIME_FAILED`,
 * `LIMIT_REFUSED`, `DISK_FULL`, `CANCELLED`, and what `onOutput` threw.
 */
export async function runContainer(
  request: ContainerRequest,
  options: RunContainerOptions,
): Promise<ContainerEnd> {
  throwIfAborted(options.signal);
  const driver = selectDriver(options.path, options.driver);
  const scope = new CleanupScope();
  try {
    const { secrets, traces, script, keepFilter } = writeStart(request, driver, options);
    scope.defer(keepFilter);
    if (secrets !== undefined) scope.defer(() => closeSync(secrets));
    const limits = await limitContainer(request, companions(driver), options.onWarning);
    scope.defer(limits.remove);
    const argv = launchArgv(request, driver, options, limits.join);
    const place = {
      terminal: request.terminal ?? false,
      consoleSocket: consoleSocketOf(request, driver, options),
    };
    const what = { argv, script, driver, secrets, place, ready: traces.ready, join: limits.join };
    const { end, complaints } = await launch(what, options, scope);
    return limits.explain(() => interpretEnd(end, traces, complaints));
  } finally {
    await scope.close();
  }
}

/** Puts everything that the start takes into the scratch folder. `secrets` is a descriptor to close. */
function writeStart(
  request: ContainerRequest,
  driver: Driver,
  options: RunContainerOptions,
): {
  readonly secrets: number | undefined;
  readonly traces: StartTraces;
  readonly script: string;
  readonly keepFilter: () => void;
} {
  try {
    const files = new PrivateFiles();
    const prepared = prepareMounts(request, options.privilege, files);
    const traces = startTraces(request);
    const { place: lines, start, keepFilter } = startLines(request, driver, options, { ...prepared, files });
    const script = join(request.scratch, "start.sh");
    const text = startScript(request, traces, { mounts: [...prepared.script, ...lines], start });
    writeFileSync(script, text, { flag: "wx", mode: 0o600 });
    return { traces, script, secrets: files.open(), keepFilter };
  } catch (error) {
    throw describeSystemError(error, `preparing a container in ${request.scratch}`);
  }
}

/** Shell lines; whatever has the environment in it is in files that `place` puts where they belong. */
interface StartLines {
  readonly place: readonly string[];
  readonly start: readonly string[];
  /** To be called when the container has ended. */
  readonly keepFilter: () => void;
}

function startLines(
  request: ContainerRequest,
  driver: Driver,
  options: RunContainerOptions,
  { placed, files }: PreparedMounts & { readonly files: PrivateFiles },
): StartLines {
  const { privilege, path } = options;
  const at = { privilege, capabilities: capabilitiesIn(boundingSet()) };
  const bundle = join(request.scratch, "bundle");
  const folder = { path: bundle, holdsSecrets: request.envHoldsSecrets ?? false, files };
  if (driver.name === "unshare") {
    const lines = bareLines(request, placed, { ...at, path });
    const place = placeEnvironment(folder, "command.sh", `${lines.at(-1)}\n`);
    const start = [...lines.slice(0, -1), `. ${quote(join(bundle, "command.sh"))}`];
    return { place, start, keepFilter: () => {} };
  }
  // The kernel itself opens no device on what a user namespace has mounted.
  const mustShutDevices = request.security === "sandbox" && !privilege.userNamespace;
  const [shell, mount] = [findTool("sh", path), findTool("mount", path)];
  const size = request.terminal && options.interactive ? windowSize(STDIN) : undefined;
  const spec = ociSpec(request, placed, {
    ...at,
    ...(size ? { windowSize: size } : {}),
    architecture: process.arch,
    recursiveReadOnly: kernelIsAtLeast(5, 12),
    ...(shell && mount && driver.name === "crun" && mustShutDevices
      ? { remountTools: { shell, mount } }
      : {}),
    hostDevices: request.security === "insecure" ? hostDevices() : [],
  });
  // The runtimes keep a copy of the spec in their state.
  const state = join(bundle, "state");
  const filtered =
    shell && options.filterFolder !== undefined && driver.name === "crun"
      ? withCompiledFilter(spec, {
          ...{ folder: options.filterFolder, program: driver.program, shell },
          ...{ state: join(state, request.id), copy: join(request.scratch, "filter") },
        })
      : { spec, keep: () => {} };
  const place = placeEnvironment(folder, "config.json", encodeSpec(filtered.spec));
  const consoleSocket = consoleSocketOf(request, driver, options);
  const start = runtimeLines(driver, {
    ...{ bundle, state, log: startTraces(request).runtimeLog, id: request.id },
    ...(consoleSocket === undefined ? {} : { consoleSocket }),
  });
  return { place, start, keepFilter: filtered.keep };
}

/** Where crun hands over the terminal; runc in the foreground takes no such path, and copies everything itself. */
function consoleSocketOf(
  { terminal, scratch }: ContainerRequest,
  { name }: Driver,
  { interactive, streams }: RunContainerOptions,
): string | undefined {
  const relayed = terminal && interactive && streams && name === "crun";
  return relayed ? join(scratch, "terminal.sock") : undefined;
}

/** `setpriv` ties the whole to our life, `--kill-child` the container to that of `unshare`, the process namespace the rest. */
function launchArgv(
  request: ContainerRequest,
  driver: Driver,
  { path }: RunContainerOptions,
  join: readonly string[],
): readonly string[] {
  const setpriv = findTool("setpriv", path);
  return [
    ...(setpriv ? [setpriv, "--pdeathsig", "KILL"] : []),
    ...join,
    ...joinNetwork(request, path),
    ...[findTool("unshare", path) ?? "unshare", "--mount", "--propagation", "private"],
    ...["--pid", "--fork", "--kill-child", "--mount-proc", "--cgroup"],
    ...(driver.name === "unshare" ? bareNamespaces(request) : []),
  ];
}

function joinNetwork({ network }: ContainerRequest, path: string): readonly string[] {
  if (typeof network === "string") return [];
  return [findTool("nsenter", path) ?? "nsenter", `--net=${network.namespace}`, "--"];
}

interface Launch {
  /** Up to the shell that runs `script`. */
  readonly argv: readonly string[];
  readonly script: string;
  readonly driver: Driver;
  readonly secrets: number | undefined;
  readonly place: TerminalPlace;
  /** See `StartTraces`. */
  readonly ready: string;
  /** See `ContainerLimits`. */
  readonly join: readonly string[];
}

async function launch(
  what: Launch,
  options: RunContainerOptions,
  scope: CleanupScope,
): Promise<{ readonly end: ProcessEnd; readonly complaints: string }> {
  const { signal, graceMs = 1500 } = options;
  const { child, streams } = begin(what, options, scope);
  const target = { child, initDepth: initDepth(what.driver), graceMs };
  const stop = () => scope.defer(stopContainer(target));
  signal?.addEventListener("abort", stop, { once: true });
  scope.defer(() => signal?.removeEventListener("abort", stop));
  options.onStarted?.((name) => signalContainer(target, name));
  if (options.onRunning) scope.defer(watchStart({ target, ...what }, options.onRunning));
  const end = await child.done;
  await streams.finish();
  if (signal?.aborted) throw cancelled(signal);
  return { end, complaints: streams.complaints() };
}

interface Begun {
  readonly child: RunningProcess;
  readonly streams: Pick<ContainerStreams, "finish" | "complaints">;
}

/** Lets the start script run, in a sandbox that waits for one or in a new one. */
function begin(what: Launch, options: RunContainerOptions, scope: CleanupScope): Begun {
  const { argv, script, driver, secrets, place } = what;
  const { interactive = false, onOutput, sandboxes } = options;
  const env = { PATH: toolPath(options.path), LC_ALL: "C", LIBMOUNT_FORCE_MOUNT2: "always" };
  // What else a sandbox is given when it starts cannot be known ahead.
  const isPlain = !interactive && secrets === undefined && driver.name !== "unshare";
  const waiting = isPlain ? sandboxes?.take(argv, env) : undefined;
  if (waiting) {
    const { child, output, scope: own } = waiting;
    scope.defer(() => own.close());
    waiting.begin(script, onOutput);
    sandboxes?.prepare(argv, env);
    return { child, streams: { finish: () => output.finished, complaints: output.complaints } };
  }
  const streams = connectStreams(options, place, scope);
  const stdio: readonly Channel[] = [...streams.stdio, ...(secrets === undefined ? [] : [secrets])];
  if (driver.name === "unshare") closeOnExec();
  const child = spawnProcess([...argv, "sh", script], { env, stdio, detached: !interactive });
  streams.childStarted();
  if (isPlain) sandboxes?.prepare(argv, env);
  return { child, streams };
}

function kernelIsAtLeast(major: number, minor: number): boolean {
  const [a = 0, b = 0] = release().split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

/** Of this process (proc(5), CapBnd). */
function boundingSet(): bigint {
  const line = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"));
  return BigInt(`0x${line?.[1] ?? "0"}`);
}
