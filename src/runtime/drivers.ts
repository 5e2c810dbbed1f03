import { SlipwayError } from "../core/errors.ts";
import { quote } from "../snapshot/rootfs.ts";
import { findTool } from "../sys/process.ts";

export type DriverName = "crun" | "runc" | "unshare";

/** A program that starts containers. */
export interface Driver {
  readonly name: DriverName;
  readonly program: string;
}

/** The best first: crun starts a step in half the time of runc; util-linux alone has no seccomp filter. */
const NAMES: readonly DriverName[] = ["crun", "runc", "unshare"];

/** Drivers that are installed, the best first. */
export function installedDrivers(path: string): readonly Driver[] {
  return NAMES.flatMap((name) => {
    const program = findTool(name, path);
    return program ? [{ name, program }] : [];
  });
}

/** The driver asked for, or the best one. Throws `USAGE`, `RUNTIME_UNAVAILABLE`. */
export function selectDriver(path: string, wanted?: string): Driver {
  if (wanted !== undefined && !NAMES.some((name) => name === wanted)) {
    throw new SlipwayError("USAGE", `unknown runtime ${JSON.stringify(wanted)}`, {
      hint: `one of ${NAMES.join(", ")}`,
    });
  }
  const drivers = installedDrivers(path);
  const found = wanted === undefined ? drivers[0] : drivers.find(({ name }) => name === wanted);
  if (found) return found;
  throw new SlipwayError(
    "RUNTIME_UNAVAILABLE",
    wanted === undefined
      ? "no tool to start containers with is installed"
      : `the runtime ${wanted} is not installed`,
    { hint: "install crun (Debian package crun); `slipway doctor` says what is there" },
  );
}

/** Generations from the `unshare` that holds everything to the container's own first process. */
export function initDepth({ name }: Driver): number {
  return name === "unshare" ? 1 : 2;
}

/** Processes and threads beside the container's own that live as long as it does: `unshare`, and the runtime (runc is made of threads). */
export function companions({ name }: Driver): number {
  const runtime = { crun: 1, runc: 15, unshare: 0 } as const;
  return 1 + runtime[name];
}

export interface DriverCall {
  readonly bundle: string;
  readonly state: string;
  readonly log: string;
  readonly id: string;
  /** Where the runtime hands over the container's terminal. */
  readonly consoleSocket?: string;
}

/** How control groups are left alone, by a runtime in whose hands they are not. */
function groupOption({ name }: Driver): string {
  return name === "crun" ? "--cgroup-manager=disabled" : "--rootless=true";
}

export interface ExecCall extends Omit<DriverCall, "bundle"> {
  /** A file with the process, as the OCI runtime specification has it. */
  readonly process: string;
  /** Ends when the process runs. */
  readonly detach: boolean;
}

/** The command line that starts a further process in a container, from where the container was started. */
export function execArgv(driver: Driver, call: ExecCall): readonly string[] {
  const { process, state, log, id, consoleSocket, detach } = call;
  return [
    ...[driver.program, "--root", state, "--log", log, "--log-format", "json", groupOption(driver)],
    ...["exec", "--process", process],
    ...(detach ? ["--detach"] : []),
    ...(consoleSocket === undefined ? [] : ["--console-socket", consoleSocket]),
    id,
  ];
}

/**
 * A line of shell: crun and runc refuse hybrid cgroups, so they get to see a plain version 2 hierarchy, and leave it alone. Done
 * once in a shell, so that it can be done ahead.
 */
export const SHOW_CGROUPS =
  // The kernel refuses to mount the same tree twice in one place; read-only, neither runtime makes groups of its own there.
  '[ "$cgroups" ] || { mount -n -t cgroup2 -o ro cgroup2 /sys/fs/cgroup || mount -n -o remount,bind,ro /sys/fs/cgroup || :; } 2>/dev/null; cgroups=shown';

/** The last lines of the start script: the runtime takes the shell's place. */
export function runtimeLines(
  { name, program }: Driver,
  { bundle, state, log, id, consoleSocket }: DriverCall,
): readonly string[] {
  const options = `--root ${quote(state)} --log ${quote(log)} --log-format json`;
  const how = groupOption({ name, program });
  const run = name === "crun" ? "run" : "run --no-new-keyring";
  const terminal = consoleSocket === undefined ? "" : ` --console-socket ${quote(consoleSocket)}`;
  return [
    SHOW_CGROUPS,
    `exec ${quote(program)} ${options} ${how} ${run}${terminal} --bundle ${quote(bundle)} ${quote(id)}`,
  ];
}
