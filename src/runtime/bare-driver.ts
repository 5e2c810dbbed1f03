import { join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { quote } from "../snapshot/rootfs.ts";
import { findTool } from "../sys/process.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { byTarget, environmentOf, ownMountOptions, type PlacedMount } from "./oci-spec.ts";
import type { ContainerRequest, Privilege } from "./request.ts";
import {
  deviceMounts,
  MASKED_PATHS,
  READ_ONLY_PATHS,
  type SystemMount,
  systemMounts,
} from "./system-mounts.ts";

export interface BareSurroundings {
  readonly privilege: Privilege;
  /** Capabilities that we have to give, without `CAP_`. */
  readonly capabilities: readonly string[];
  /** PATH for tools. */
  readonly path: string;
}

/** Namespaces beyond those that every driver runs in; they must exist before anything of theirs is mounted. */
export function bareNamespaces({ network }: Pick<ContainerRequest, "network">): readonly string[] {
  return ["--ipc", "--uts", ...(network === "none" ? ["--net"] : [])];
}

/**
 * A container by util-linux alone, where neither crun nor runc is installed: namespaces, a new root, masked paths, user, groups,
 * capabilities and limits. What it lacks beside a runtime: a seccomp filter, a terminal of its own, read-only for what is
 * mounted below a bind, and a root that holds against a process with CAP_SYS_ADMIN (`insecure`). Throws
 * `RUNTIME_UNAVAILABLE` where a tool is missing.
 */
export function bareLines(
  request: ContainerRequest,
  placed: readonly PlacedMount[],
  at: BareSurroundings,
): readonly string[] {
  const root = request.rootfs.merged;
  const inRoot: InRoot = (path) => quote(join(root, path));
  const sandbox = request.security === "sandbox";
  return [
    // In a user namespace the file is refused, and the tool is not everywhere.
    `hostname ${quote(request.hostname)} || printf %s ${quote(request.hostname)} > /proc/sys/kernel/hostname || :`,
    ...(request.network === "none" ? ["ip link set lo up || ifconfig lo up || :"] : []),
    ...(sandbox ? sandboxLines(request, at, inRoot) : insecureLines(request, at, inRoot)),
    `root=${quote(root)}`,
    ...PLAIN,
    ...byTarget(placed).flatMap((mount) => ownLines(mount, inRoot)),
    ...(request.readOnlyRoot ? [`mount -n -o remount,bind,ro,nodev ${quote(root)}`] : []),
    // Moved, not pivoted: lookups of this shell still start in the old root, so the tools are found; for what is started in the
    // new one there is no way back, for `..` of its root is itself.
    `cd ${quote(root)} && mount -n --move . /`,
    commandLine(request, at),
  ];
}

const DEVICE_LINKS: readonly (readonly [string, string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
  ["ptmx", "pts/ptmx"],
];

type InRoot = (path: string) => string;

function sandboxLines(
  request: ContainerRequest,
  { privilege }: BareSurroundings,
  inRoot: InRoot,
): readonly string[] {
  return [
    ...[...systemMounts(request, privilege), ...deviceMounts()].flatMap((mount) =>
      systemLines(mount, inRoot),
    ),
    ...DEVICE_LINKS.map(([name, target]) => `ln -s ${target} ${inRoot(`/dev/${name}`)}`),
    ...maskLines(inRoot),
  ];
}

/** With every privilege, and the machine's own /dev (SPEC RX-02). */
function insecureLines(
  request: ContainerRequest,
  { privilege }: BareSurroundings,
  inRoot: InRoot,
): readonly string[] {
  const mounts = systemMounts(request, privilege).filter(({ target }) => !/^\/dev(\/|$)/.test(target));
  return [
    ...mounts.flatMap((mount) => systemLines(mount, inRoot)),
    `mount -n --rbind /dev ${inRoot("/dev")}`,
  ];
}

/** A mount point below another mount may have been planted as a link: never follow one. */
const PLAIN = [
  "plain() {",
  '  p=$1; while [ "$p" != "$root" ]; do',
  '    if [ -L "$p" ]; then echo "a symbolic link is in the way of a mount: $p" >&2; exit 1; fi; p=${p%/*}',
  "  done",
  "}",
];

function systemLines(mount: SystemMount, inRoot: InRoot): readonly string[] {
  const target = inRoot(mount.target);
  const isFile = mount.type === "bind" && !mount.options.includes("rbind");
  const type = mount.type === "cgroup" ? "cgroup2" : mount.type;
  const kind = type === "bind" ? "" : `-t ${type} `;
  const options = mount.options.join(",");
  const optional = type === "cgroup2" || type === "mqueue" ? " || :" : "";
  return [
    isFile ? `: > ${target}` : `[ -d ${target} ] || mkdir -p ${target}${optional}`,
    `mount -n ${kind}-o ${options} ${quote(mount.source)} ${target}${optional}`,
  ];
}

/** These are below the kernel's own file systems, where no image can plant anything. */
function maskLines(inRoot: InRoot): readonly string[] {
  return [
    ...MASKED_PATHS.map((path) => {
      const at = inRoot(path);
      const file = `mount -n --bind ${inRoot("/dev/null")} ${at}`;
      return `if [ -d ${at} ]; then mount -n -t tmpfs -o ro,nosuid,nodev,noexec,size=4k tmpfs ${at}; elif [ -e ${at} ]; then ${file}; fi`;
    }),
    ...READ_ONLY_PATHS.map((path) => {
      const at = inRoot(path);
      return `[ ! -e ${at} ] || mount -n -o bind,ro,nosuid,nodev,noexec ${at} ${at}`;
    }),
  ];
}

function ownLines({ mount, source }: PlacedMount, inRoot: InRoot): readonly string[] {
  const target = inRoot(mount.target);
  const options = ownMountOptions(mount).join(",");
  const plain = `plain ${target}`;
  if (source === undefined) {
    return [
      plain,
      `[ -d ${target} ] || mkdir -p ${target}`,
      `mount -n -t tmpfs -o ${options} tmpfs ${target}`,
    ];
  }
  const from = quote(source);
  const file = `[ -e ${target} ] || { mkdir -p ${inRoot(join(mount.target, ".."))}; : > ${target}; }`;
  return [
    plain,
    `if [ -d ${from} ]; then [ -d ${target} ] || mkdir -p ${target}; else ${file}; fi`,
    `mount -n -o ${options} ${from} ${target}`,
  ];
}

/**
 * setpriv bounds the capabilities and sets the groups while it still may; unshare changes the root and then the user, which
 * drops the rest. Both are the machine's programs and run before the change of root.
 */
function commandLine(request: ContainerRequest, { capabilities, path }: BareSurroundings): string {
  const { user, workdir, argv } = request;
  const keep = capabilitiesOf(request, capabilities);
  checkNeeded(keep, user.uid);
  const bounds = ["-all", ...keep.map((name) => `+${name.toLowerCase()}`)].join(",");
  const { outside, inside } = splitEnvironment(environmentOf(request));
  const limits = (request.ulimits ?? []).map(({ name, soft, hard }) => `--${name}=${soft}:${hard}`);
  const words = [
    ...[tool("env", path), "-i", "--", ...outside],
    ...(limits.length > 0 ? [tool("prlimit", path), ...limits] : []),
    ...[tool("setpriv", path), `--bounding-set=${bounds}`, "--inh-caps=-all"],
    ...[
      `--regid=${user.gid}`,
      groups(user.additionalGids),
      ...(request.noNewPrivileges ? ["--no-new-privs"] : []),
    ],
    ...[
      tool("unshare", path),
      "--root=.",
      `--wd=${workdir.path}`,
      ...(user.uid === 0 ? [] : [`--setuid=${user.uid}`]),
      "--",
    ],
    ...(inside.length > 0 ? ["env", ...inside] : []),
    ...argv,
  ];
  return `exec ${words.map(quote).join(" ")}`;
}

/** The capabilities are bounded before root and user change, so what these two steps need cannot be taken away. */
function checkNeeded(keep: readonly string[], uid: number): void {
  const needed = uid === 0 ? ["SYS_CHROOT"] : ["SYS_CHROOT", "SETUID"];
  const missing = needed.find((name) => !keep.includes(name));
  if (missing === undefined) return;
  throw new SlipwayError(
    "RUNTIME_UNAVAILABLE",
    `util-linux alone cannot start a container without ${missing}`,
    {
      hint: "install crun (Debian package crun)",
    },
  );
}

function groups(gids: readonly number[]): string {
  return gids.length > 0 ? `--groups=${gids.join(",")}` : "--clear-groups";
}

/** Variables by which the machine's dynamic linker or C library would load code or data: the image must not choose those for its tools. */
const LOADER =
  /^(LD_|GLIBC_|GCONV_|GETCONF_|MALLOC_|LOCPATH|NLSPATH|LOCALDOMAIN|RES_OPTIONS|HOSTALIASES|RESOLV_|TZDIR|DYLD_)/;

/** What is no `NAME=value` is left out: env would take it for the program. Such variables as above are set after the change of root, by the image's own `env` (CVE-2019-14271's kin). */
function splitEnvironment(env: readonly string[]): { outside: readonly string[]; inside: readonly string[] } {
  const pairs = env.filter((pair) => pair.indexOf("=") > 0);
  return {
    outside: pairs.filter((pair) => !LOADER.test(pair)),
    inside: pairs.filter((pair) => LOADER.test(pair)),
  };
}

function tool(name: string, path: string): string {
  const found = findTool(name, path);
  if (found) return found;
  throw new SlipwayError("RUNTIME_UNAVAILABLE", `${name} is not installed`, {
    hint: "install crun (Debian package crun), or util-linux",
  });
}
