import type { ContainerRequest, Privilege } from "./request.ts";
import type { HostDevice } from "./spec.ts";

/** An entry of `mounts` in an OCI config.json. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** What every container finds below /dev (OCI runtime specification, default devices). */
export const DEFAULT_DEVICES: readonly string[] = ["null", "zero", "full", "random", "urandom", "tty"];

const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;
const INERT = ["nosuid", "noexec", "nodev"];

/**
 * The kernel's own file systems in a container (SPEC RN-09). /dev refuses device nodes and the few that are needed are bound
 * from the machine: a process with CAP_MKNOD and no device control group could otherwise make itself a disk there.
 */
export function kernelMounts(request: ContainerRequest, privilege: Privilege): readonly OciMount[] {
  const open = request.security === "insecure";
  const readOnly = open ? [] : ["ro"];
  const devOptions = [
    "nosuid",
    ...(open ? [] : ["nodev"]),
    "noexec",
    "strictatime",
    "mode=755",
    "size=65536k",
  ];
  const shmSize = `size=${request.shmSize ?? DEFAULT_SHM_SIZE}`;
  return [
    { destination: "/proc", type: "proc", source: "proc", options: INERT },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: devOptions },
    { destination: "/dev/pts", type: "devpts", source: "devpts", options: ptsOptions() },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...INERT, "mode=1777", shmSize] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: INERT },
    sysMount(request, privilege, readOnly),
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...INERT, ...readOnly] },
    ...DEFAULT_DEVICES.map((name) => bindDevice(`/dev/${name}`)),
  ];
}

/** Group 5 is tty in every distribution; user namespaces map it where they map anything (`--map-auto`). */
function ptsOptions(): readonly string[] {
  return ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"];
}

/** sysfs shows the network namespace it was mounted in, and only that namespace's owner may mount it. */
function sysMount(request: ContainerRequest, privilege: Privilege, readOnly: readonly string[]): OciMount {
  const destination = "/sys";
  if (privilege.userNamespace && request.network === "host")
    return { destination, type: "none", source: "/sys", options: ["rbind", ...INERT, "ro"] };
  return { destination, type: "sysfs", source: "sysfs", options: [...INERT, ...readOnly] };
}

function bindDevice(path: string): OciMount {
  return { destination: path, type: "bind", source: path, options: ["bind"] };
}

/** Every device of the machine, for `--security=insecure` (SPEC RX-02); a user namespace has none to give. */
export function devices(
  request: ContainerRequest,
  privilege: Privilege,
  hostDevices: readonly HostDevice[],
): object {
  if (request.security !== "insecure" || privilege.userNamespace) return {};
  const isDefault = ({ path }: HostDevice) => DEFAULT_DEVICES.includes(path.replace("/dev/", ""));
  return {
    devices: hostDevices
      .filter((device) => !isDefault(device))
      .map(({ mode, ...device }) => ({ ...device, fileMode: mode })),
  };
}
