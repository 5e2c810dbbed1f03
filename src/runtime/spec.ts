import { capabilitiesOf } from "./capabilities.ts";
import { devices, kernelMounts, type OciMount } from "./kernel-mounts.ts";
import type { ContainerRequest, Privilege } from "./request.ts";
import { seccompProfile } from "./seccomp.ts";

/** What the specification depends on besides the request. */
export interface SpecContext {
  readonly privilege: Privilege;
  /** The request's mounts, parents first. */
  readonly mounts: readonly OciMount[];
  /** Capabilities that can be given here, without `CAP_`; a runtime fails on any other. */
  readonly capabilities: readonly string[];
  /** Node's name of the processor. */
  readonly architecture: string;
  /** Absolute paths of the machine's device nodes; only used for `insecure`. */
  readonly hostDevices: readonly HostDevice[];
}

export interface HostDevice {
  readonly path: string;
  readonly type: "c" | "b";
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Kernel interfaces that tell about or act on the whole machine; Docker hides the same ones. */
const MASKED_PATHS = [
  ...["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats"],
  ...["/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"],
  ...["/sys/devices/virtual/powercap", "/sys/firmware"],
];

const READ_ONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** The config.json of an OCI bundle (OCI runtime specification 1.0.2) for one container. Pure. */
export function ociSpec(request: ContainerRequest, context: SpecContext): object {
  const sandboxed = request.security === "sandbox";
  return {
    ociVersion: "1.0.2",
    process: processOf(request, context),
    root: { path: request.rootfs.merged, readonly: request.readOnlyRoot ?? false },
    hostname: request.hostname,
    mounts: [...kernelMounts(request, context.privilege), ...context.mounts],
    linux: {
      namespaces: namespacesOf(request).map((type) => ({ type })),
      ...(sandboxed ? { maskedPaths: MASKED_PATHS, readonlyPaths: READ_ONLY_PATHS } : {}),
      ...seccompOf(request, context),
      ...devices(request, context.privilege, context.hostDevices),
    },
  };
}

function processOf(request: ContainerRequest, context: SpecContext): object {
  const { user } = request;
  const names = capabilitiesOf(request, context.capabilities).map((name) => `CAP_${name}`);
  // As for any program that another user starts: only root keeps what the bounding set allows (capabilities(7)).
  const held = user.uid === 0 ? names : [];
  return {
    terminal: request.terminal ?? false,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: request.argv,
    env: environmentOf(request),
    cwd: request.workdir.path,
    capabilities: { bounding: names, permitted: held, effective: held, inheritable: [], ambient: [] },
    noNewPrivileges: request.noNewPrivileges ?? false,
    rlimits: (request.ulimits ?? []).map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft,
      hard,
    })),
  };
}

/** Later values win; HOME is from /etc/passwd where nothing else sets it. */
export function environmentOf({ env, user }: Pick<ContainerRequest, "env" | "user">): readonly string[] {
  const values = new Map<string, string>();
  for (const pair of env) values.set(pair.split("=", 1)[0]!, pair);
  if (!values.has("HOME")) values.set("HOME", `HOME=${user.home}`);
  return [...values.values()];
}

/** There is no user namespace: a rootless caller is inside one already, and root needs none. */
export function namespacesOf({ network }: Pick<ContainerRequest, "network">): readonly string[] {
  return ["pid", "mount", "uts", "ipc", "cgroup", ...(network === "none" ? ["network"] : [])];
}

function seccompOf(request: ContainerRequest, context: SpecContext): object {
  if (request.security === "insecure") return {};
  const seccomp = seccompProfile(capabilitiesOf(request, context.capabilities), context.architecture);
  return seccomp ? { seccomp } : {};
}
