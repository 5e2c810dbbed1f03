import type { ContainerRequest, Privilege } from "./request.ts";

/** One mount in words that mount(8) and OCI runtimes share. */
export interface SystemMount {
  readonly target: string;
  /** `bind` for one that shows `source`, a path of this machine. */
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Facts of the machine behind /proc and /sys: nothing of them is a container's business. */
export const MASKED_PATHS: readonly string[] = [
  ...["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats"],
  ...["/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"],
  ...["/sys/devices/virtual/powercap", "/sys/firmware"],
];

export const READ_ONLY_PATHS: readonly string[] = [
  ...["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
];

/** Devices that every container has (OCI runtime specification, config-linux, default devices). */
const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];

const SHM_BYTES = 64 * 1024 * 1024;
const SAFE = ["nosuid", "noexec", "nodev"];

/**
 * The file systems of the kernel (SPEC RN-09), parents first. No control group keeps device files shut here, so mount options
 * do: a container's root may make any device (CAP_MKNOD), but can open none, because everything is mounted `nodev`.
 */
export function systemMounts(
  request: Pick<ContainerRequest, "network" | "security" | "shmSize">,
  { userNamespace }: Privilege,
): readonly SystemMount[] {
  const insecure = request.security === "insecure";
  const dev = ["nosuid", "strictatime", "mode=755", "size=65536k", ...(insecure ? [] : ["nodev"])];
  const shm = [...SAFE, "mode=1777", `size=${request.shmSize ?? SHM_BYTES}`];
  const pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"];
  return [
    { target: "/proc", type: "proc", source: "proc", options: SAFE },
    { target: "/dev", type: "tmpfs", source: "tmpfs", options: dev },
    { target: "/dev/pts", type: "devpts", source: "devpts", options: pts },
    { target: "/dev/shm", type: "tmpfs", source: "shm", options: shm },
    { target: "/dev/mqueue", type: "mqueue", source: "mqueue", options: SAFE },
    ...(userNamespace && request.network === "host" ? [shownSys()] : ownSys(insecure)),
  ];
}

/**
 * The usual devices of the machine, for a /dev that is mounted `nodev`. Read-only: that does not hinder using them, but their
 * owner and mode on the machine are out of reach.
 */
export function deviceMounts(): readonly SystemMount[] {
  return DEVICES.map((name) => {
    const path = `/dev/${name}`;
    return { target: path, type: "bind", source: path, options: ["bind", "nosuid", "noexec", "ro"] };
  });
}

function ownSys(insecure: boolean): readonly SystemMount[] {
  const access = insecure ? "rw" : "ro";
  return [
    { target: "/sys", type: "sysfs", source: "sysfs", options: [...SAFE, access] },
    { target: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...SAFE, "relatime", access] },
  ];
}

/** sysfs belongs to a network; who does not own the machine's can show only the mount that is there. */
function shownSys(): SystemMount {
  return { target: "/sys", type: "bind", source: "/sys", options: ["rbind", ...SAFE, "ro"] };
}
