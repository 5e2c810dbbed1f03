import { join } from "node:path";
import { quote } from "../snapshot/rootfs.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { PlacedMount } from "./oci-spec.ts";
import type { ContainerRequest } from "./request.ts";

/**
 * A container by util-linux alone, where neither crun nor runc is installed: mount, network, ipc and uts namespaces, a new root, the
 * user and the capabilities of the request. What it lacks beside a runtime: seccomp, masked paths, resource limits, a terminal of its
 * own. It runs inside the mount and process namespaces that the caller has made.
 */
export function bareScript(
  request: ContainerRequest,
  placed: readonly PlacedMount[],
  log: string,
): readonly string[] {
  const root = request.rootfs.merged;
  const at = (path: string) => quote(join(root, path));
  const insecure = request.security === "insecure";
  return [
    `mkdir -p ${at("/proc")} ${at("/sys")} ${at("/dev")}`,
    `mount -t proc -o nosuid,noexec,nodev proc ${at("/proc")}`,
    `mount --rbind /sys ${at("/sys")}`,
    ...(insecure ? [`mount --rbind /dev ${at("/dev")}`] : deviceLines(at)),
    ...placed.flatMap((mount) => mountLines(mount, at)),
    ...(request.readOnlyRoot ? [`mount -o remount,bind,ro ${quote(root)}`] : []),
    `exec ${commandLine(request, root)} 2>&1 || { echo ${quote("the command could not be started")} >> ${quote(log)}; exit 126; }`,
  ];
}

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];

function deviceLines(at: (path: string) => string): readonly string[] {
  return [
    `mount -t tmpfs -o nosuid,mode=755 tmpfs ${at("/dev")}`,
    ...DEVICES.map((name) => `: > ${at(`/dev/${name}`)} && mount --bind /dev/${name} ${at(`/dev/${name}`)}`),
    `mkdir ${at("/dev/pts")} ${at("/dev/shm")}`,
    `mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts ${at("/dev/pts")}`,
    `mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 shm ${at("/dev/shm")}`,
    `ln -s pts/ptmx ${at("/dev/ptmx")}`,
    `ln -s /proc/self/fd ${at("/dev/fd")}`,
    `ln -s /proc/self/fd/0 ${at("/dev/stdin")}`,
    `ln -s /proc/self/fd/1 ${at("/dev/stdout")}`,
    `ln -s /proc/self/fd/2 ${at("/dev/stderr")}`,
  ];
}

function mountLines({ mount, source }: PlacedMount, at: (path: string) => string): readonly string[] {
  const target = at(mount.target);
  if (mount.type === "tmpfs")
    return [
      `mkdir -p ${target}`,
      `mount -t tmpfs -o nosuid,nodev${mount.size === undefined ? "" : `,size=${mount.size}`} tmpfs ${target}`,
    ];
  const readOnly = mount.type !== "bind" || mount.readOnly;
  const make = `[ -e ${target} ] || { mkdir -p "$(dirname ${target})" && if [ -d ${quote(source ?? "")} ]; then mkdir -p ${target}; else : > ${target}; fi; }`;
  return [
    make,
    `mount --rbind ${quote(source ?? "")} ${target}`,
    ...(readOnly ? [`mount -o remount,bind,ro,nodev ${target}`] : []),
  ];
}

/** unshare changes the root, setpriv the user; capabilities are bounded first, while they can be. */
function commandLine(request: ContainerRequest, root: string): string {
  const { user, argv, workdir, network } = request;
  const keep = capabilitiesOf(request).map((name) => `+${name.toLowerCase().replace(/^cap_/, "")}`);
  const groups =
    user.additionalGids.length > 0 ? `--groups ${user.additionalGids.join(",")}` : "--clear-groups";
  const bounding = request.security === "insecure" ? "" : `--bounding-set -all,${keep.join(",")}`;
  const environment = [...new Map(request.env.map((pair) => [pair.split("=", 1)[0], pair])).values()]
    .map(quote)
    .join(" ");
  const namespaces = ["--ipc", "--uts", "--mount", ...(network === "none" ? ["--net"] : [])].join(" ");
  const home = request.env.some((pair) => pair.startsWith("HOME=")) ? "" : quote(`HOME=${user.home}`);
  return `unshare ${namespaces} setpriv ${bounding} --inh-caps -all --reuid ${user.uid} --regid ${user.gid} ${groups} unshare --root ${quote(root)} --wd ${quote(workdir.path)} env -i ${home} ${environment} ${argv.map(quote).join(" ")}`;
}
