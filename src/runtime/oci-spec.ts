import { capabilitiesOf, knownCapabilities } from "./capabilities.ts";
import type { ContainerMount, ContainerRequest, Privilege } from "./request.ts";
import { seccompProfile } from "./seccomp.ts";

/** What the machine decides of a specification. */
export interface SpecSurroundings {
  readonly privilege: Privilege;
  /** Number of the kernel's last capability (/proc/sys/kernel/cap_last_cap). */
  readonly lastCapability: number;
  /** `process.arch`. */
  readonly architecture: string;
  /** A cgroup2 hierarchy is mounted at /sys/fs/cgroup. */
  readonly cgroup2: boolean;
}

/** A mount with the place of this machine that it shows. */
export interface PlacedMount {
  readonly mount: ContainerMount;
  /** Absent for a tmpfs. */
  readonly source?: string;
}

/** Paths that show nothing, and paths that cannot be written, as Docker sets them by default. */
const MASKED = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
const SHM_BYTES = 64 * 1024 * 1024;

/** The OCI runtime specification (v1.0.2) of a container. Pure: the same request and surroundings give the same value. */
export function ociSpec(
  request: ContainerRequest,
  mounts: readonly PlacedMount[],
  at: SpecSurroundings,
): object {
  const insecure = request.security === "insecure";
  const names = capabilitiesOf(request, knownCapabilities(at.lastCapability));
  const capabilities = names.map((name) => `CAP_${name}`);
  const seccomp = insecure ? undefined : seccompProfile(names, at.architecture);
  return {
    ociVersion: "1.0.2",
    root: { path: request.rootfs.merged, readonly: request.readOnlyRoot ?? false },
    hostname: request.hostname,
    process: {
      terminal: request.terminal ?? false,
      user: { uid: request.user.uid, gid: request.user.gid, additionalGids: request.user.additionalGids },
      args: request.argv,
      env: environment(request),
      cwd: request.workdir.path,
      noNewPrivileges: request.noNewPrivileges ?? false,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: (request.ulimits ?? []).map(({ name, soft, hard }) => ({
        type: `RLIMIT_${name.toUpperCase()}`,
        soft,
        hard,
      })),
    },
    mounts: [...kernelMounts(request, at), ...ownMounts(mounts)],
    linux: {
      namespaces: namespaces(request),
      ...(insecure ? {} : { maskedPaths: MASKED, readonlyPaths: READ_ONLY }),
      ...(seccomp ? { seccomp } : {}),
    },
  };
}

/** A later variable of the same name wins; HOME comes from the account where nobody sets it (SPEC RN-04). */
function environment({ env, user }: ContainerRequest): readonly string[] {
  const all = new Map(env.map((pair) => [pair.split("=", 1)[0]!, pair]));
  if (!all.has("HOME")) all.set("HOME", `HOME=${user.home}`);
  return [...all.values()];
}

function namespaces({ network }: ContainerRequest): readonly { readonly type: string }[] {
  const types = ["pid", "ipc", "uts", "mount", "cgroup", ...(network === "none" ? ["network"] : [])];
  return types.map((type) => ({ type }));
}

/** The file systems of the kernel (SPEC RN-09). An ordinary user owns no network, so sysfs cannot be mounted anew, only shown. */
function kernelMounts(
  request: ContainerRequest,
  { privilege, cgroup2 }: SpecSurroundings,
): readonly object[] {
  const writable = request.security === "insecure" ? [] : ["ro"];
  const ownsNetwork = !privilege.userNamespace || request.network === "none";
  const size = request.shmSize ?? SHM_BYTES;
  return [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    ...devices(request),
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", `size=${size}`],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    ownsNetwork
      ? {
          destination: "/sys",
          type: "sysfs",
          source: "sysfs",
          options: ["nosuid", "noexec", "nodev", ...writable],
        }
      : {
          destination: "/sys",
          type: "bind",
          source: "/sys",
          options: ["rbind", "nosuid", "noexec", "nodev", "ro"],
        },
    ...(cgroup2 && !privilege.userNamespace
      ? [
          {
            destination: "/sys/fs/cgroup",
            type: "cgroup",
            source: "cgroup",
            options: ["nosuid", "noexec", "nodev", "relatime", ...writable],
          },
        ]
      : []),
  ];
}

function devices({ security }: ContainerRequest): readonly object[] {
  if (security === "insecure")
    return [{ destination: "/dev", type: "bind", source: "/dev", options: ["rbind", "rw"] }];
  return [
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
  ];
}

/** Parents before children (SPEC MT-06). */
function ownMounts(mounts: readonly PlacedMount[]): readonly object[] {
  return [...mounts]
    .sort((a, b) => (a.mount.target < b.mount.target ? -1 : 1))
    .map(({ mount, source }) => {
      if (mount.type === "tmpfs") {
        const size = mount.size === undefined ? [] : [`size=${mount.size}`];
        const mode = mount.mode === undefined ? [] : [`mode=${mount.mode.toString(8)}`];
        return {
          destination: mount.target,
          type: "tmpfs",
          source: "tmpfs",
          options: ["nosuid", "nodev", ...mode, ...size],
        };
      }
      const readOnly = mount.type === "bind" ? mount.readOnly : true;
      const flags =
        mount.type === "secret"
          ? ["nosuid", "nodev", ...((mount.mode & 0o111) === 0 ? ["noexec"] : [])]
          : ["nodev"];
      return {
        destination: mount.target,
        type: "bind",
        source,
        options: ["rbind", "rprivate", ...flags, readOnly ? "ro" : "rw"],
      };
    });
}
