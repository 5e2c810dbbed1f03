import { SlipwayError } from "../core/errors.ts";
import { quote } from "../snapshot/rootfs.ts";
import { findTool } from "../sys/process.ts";

/** A program that starts containers. */
export interface Driver {
  readonly name: "crun" | "runc" | "unshare";
  readonly program: string;
}

const RUNTIMES = ["crun", "runc"] as const;

/** Drivers that are installed, the best first: crun, runc, and util-linux alone. */
export function installedDrivers(path: string): readonly Driver[] {
  return [...RUNTIMES, "unshare" as const].flatMap((name) => {
    const program = findTool(name, path);
    return program ? [{ name, program }] : [];
  });
}

/** The driver asked for, or the best one. Throws `RUNTIME_UNAVAILABLE`. */
export function selectDriver(path: string, wanted?: string): Driver {
  const drivers = installedDrivers(path);
  const found = wanted === undefined ? drivers[0] : drivers.find(({ name }) => name === wanted);
  if (found) return found;
  throw new SlipwayError(
    "RUNTIME_UNAVAILABLE",
    wanted === undefined
      ? "no tool to start containers with is installed"
      : `the runtime ${wanted} is not installed`,
    {
      hint: "install crun (Debian package crun); `slipway doctor` says what is there",
    },
  );
}

export interface DriverCall {
  readonly bundle: string;
  readonly state: string;
  readonly log: string;
  readonly id: string;
}

/** The last line of the script: the runtime takes the shell's place. crun refuses hybrid cgroups unless it leaves them alone. */
export function runtimeCommand({ name, program }: Driver, { bundle, state, log, id }: DriverCall): string {
  const common = `--root ${quote(state)} --log ${quote(log)} --log-format json`;
  if (name === "crun")
    return `exec ${quote(program)} ${common} --cgroup-manager=disabled run --bundle ${quote(bundle)} ${id}`;
  return `exec ${quote(program)} ${common} run --no-new-keyring --bundle ${quote(bundle)} ${id}`;
}
