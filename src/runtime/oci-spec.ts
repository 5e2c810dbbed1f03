import { randomUUID } from "node:crypto";
import type { WindowSize } from "../sys/terminal.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { HostDevice } from "./host-devices.ts";
import type { ContainerMount, ContainerRequest, Privilege } from "./request.ts";
import { seccompProfile } from "./seccomp.ts";
import {
  deviceMounts,
  MASKED_PATHS,
  READ_ONLY_PATHS,
  type SystemMount,
  systemMounts,
} from "./system-mounts.ts";

/** What the machine decides of a specification. */
export interface SpecSurroundings {
  readonly privilege: Privilege;
  /** Capabilities that we have to give, without `CAP_`. */
  readonly capabilities: readonly string[];
  /** `process.arch`. */
  readonly architecture: string;
  /** Read-only binds can be made so with everything mounted below them (mount_setattr, Linux 5.12). */
  readonly recursiveReadOnly: boolean;
  /** Given where the runtime forgets that the root filesystem is mounted `nodev` (crun). */
  readonly remountTools?: RemountTools;
  /** Every device of the machine; used for `--security=insecure` only. */
  readonly hostDevices: readonly HostDevice[];
  /** What a terminal of the container has to begin with. */
  readonly windowSize?: WindowSize;
}

/** Absolute paths. */
export interface RemountTools {
  readonly shell: string;
  readonly mount: string;
}

/** A mount with the place of this machine that it shows. */
export interface PlacedMount {
  readonly mount: ContainerMount;
  /** Absent for a tmpfs. */
  readonly source?: string;
  /** `source` is a directory of the machine, and other file systems may be mounted below it. */
  readonly holdsMounts?: boolean;
}

/** A specification, as far as somebody looks into it. */
export interface OciSpec {
  readonly hooks?: { readonly createContainer?: readonly object[] };
  readonly linux: { readonly seccomp?: object; readonly [name: string]: unknown };
  readonly [name: string]: unknown;
}

/** The OCI runtime specification (v1.0.2) of a container. Pure: the same request and surroundings give the same value. */
export function ociSpec(
  request: ContainerRequest,
  mounts: readonly PlacedMount[],
  at: SpecSurroundings,
): OciSpec {
  const insecure = request.security === "insecure";
  const names = capabilitiesOf(request, at.capabilities);
  const seccomp = insecure ? undefined : seccompProfile(names, at.architecture);
  return {
    ociVersion: "1.0.2",
    root: { path: request.rootfs.merged, readonly: request.readOnlyRoot ?? false },
    hostname: request.hostname,
    process: { ...processOf(request, names), ...consoleSize(at.windowSize) },
    mounts: [
      ...[...systemMounts(request, at.privilege), ...ownDevices(request, at.privilege)].map((mount) =>
        systemMount(mount, at.recursiveReadOnly),
      ),
      ...byTarget(mounts).map((placed) => ownMount(placed, at.recursiveReadOnly)),
    ],
    ...(at.remountTools ? { hooks: { createContainer: [shutDevices(request, at.remountTools)] } } : {}),
    linux: {
      namespaces: namespaces(request),
      ...(insecure
        ? { devices: at.hostDevices }
        : { maskedPaths: MASKED_PATHS, readonlyPaths: READ_ONLY_PATHS }),
      ...(seccomp ? { seccomp } : {}),
    },
  };
}

/**
 * Runs among the machine's files, in the container's mount namespace, before the root changes. The runtime writes the container's state
 * to its input and fails where nobody takes it, so that is read first.
 */
function shutDevices({ rootfs, readOnlyRoot }: ContainerRequest, { shell, mount }: RemountTools): object {
  const options = `remount,bind,nodev${readOnlyRoot ? ",ro" : ""}`;
  const script = 'while IFS= read -r line; do :; done; exec "$@"';
  return { path: shell, args: ["sh", "-c", script, "sh", mount, "-n", "-o", options, rootfs.merged] };
}

function consoleSize(size: WindowSize | undefined): object {
  return size ? { consoleSize: { height: size.rows, width: size.columns } } : {};
}

function processOf(request: ContainerRequest, capabilityNames: readonly string[]): object {
  const { uid, gid, additionalGids } = request.user;
  const capabilities = capabilityNames.map((name) => `CAP_${name}`);
  return {
    terminal: request.terminal ?? false,
    user: { uid, gid, additionalGids, umask: 0o022 },
    args: request.argv,
    env: environmentOf(request),
    cwd: request.workdir.path,
    noNewPrivileges: request.noNewPrivileges ?? false,
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    rlimits: (request.ulimits ?? []).map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft: soft < 0 ? UNLIMITED : soft,
      hard: hard < 0 ? UNLIMITED : hard,
    })),
  };
}

/** RLIM_INFINITY: more than a number of JavaScript holds exactly. */
const UNLIMITED = 2n ** 64n - 1n;

/** A specification as the runtimes read it. */
export function encodeSpec(spec: object): string {
  // Nothing from outside can hold it, so that no text is taken for a number.
  const mark = randomUUID();
  const text = JSON.stringify(spec, (_, value) => (typeof value === "bigint" ? `${mark}${value}` : value));
  return text.replaceAll(new RegExp(`"${mark}(\\d+)"`, "g"), "$1");
}

/** A later variable of the same name wins; HOME comes from the account where nobody sets it (SPEC RN-04). */
export function environmentOf({ env, user }: Pick<ContainerRequest, "env" | "user">): readonly string[] {
  const all = new Map(env.map((pair) => [pair.split("=", 1)[0]!, pair]));
  if (!all.has("HOME")) all.set("HOME", `HOME=${user.home}`);
  return [...all.values()];
}

interface Namespace {
  readonly type: string;
  readonly path?: string;
}

/** The runtime is started in a network that is to be joined; named once more, it is where later processes of the container go, too. */
function namespaces({ network }: ContainerRequest): readonly Namespace[] {
  const own = ["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  if (network === "host") return own;
  return [...own, network === "none" ? { type: "network" } : { type: "network", path: "/proc/self/ns/net" }];
}

/** In a user namespace the runtimes bind the devices themselves, and nothing there belongs to the container's root. */
function ownDevices({ security }: ContainerRequest, { userNamespace }: Privilege): readonly SystemMount[] {
  return security === "sandbox" && !userNamespace ? deviceMounts() : [];
}

function systemMount({ target, type, source, options }: SystemMount, recursive: boolean): object {
  const below = recursive && options.includes("rbind") && options.includes("ro") ? ["rro"] : [];
  return { destination: target, type, source, options: [...options, ...below] };
}

/** Parents before children (SPEC MT-06). */
export function byTarget(mounts: readonly PlacedMount[]): readonly PlacedMount[] {
  return [...mounts].sort((a, b) => (a.mount.target < b.mount.target ? -1 : 1));
}

/** Options of a request's own mount, in words that mount(8) knows too. */
export function ownMountOptions(mount: ContainerMount): readonly string[] {
  switch (mount.type) {
    case "tmpfs": {
      const size = mount.size === undefined ? [] : [`size=${mount.size}`];
      const mode = mount.mode === undefined ? [] : [`mode=${mount.mode.toString(8)}`];
      const more = mount.options ?? [];
      return ["nosuid", "nodev", ...mode, ...size, ...more, ...(mount.readOnly ? ["ro"] : [])];
    }
    case "secret":
      return ["rbind", "nosuid", "nodev", ...((mount.mode & 0o111) === 0 ? ["noexec"] : []), "ro"];
    case "file": {
      const noExec = (mount.mode & 0o111) === 0 ? ["noexec"] : [];
      return ["rbind", "nosuid", "nodev", ...noExec, mount.isWritable ? "rw" : "ro"];
    }
    case "device":
      return ["bind", "nosuid", "noexec", "ro"];
    case "bind":
      return [mount.isSingle ? "bind" : "rbind", "nodev", mount.readOnly ? "ro" : "rw"];
    default:
      return mount satisfies never;
  }
}

function ownMount({ mount, source, holdsMounts }: PlacedMount, recursive: boolean): object {
  const options = ownMountOptions(mount);
  if (mount.type === "tmpfs") return { destination: mount.target, type: "tmpfs", source: "tmpfs", options };
  const below = recursive && holdsMounts && options.includes("ro") ? ["rro"] : [];
  return { destination: mount.target, type: "bind", source, options: [...options, "rprivate", ...below] };
}
