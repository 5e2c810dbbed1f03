import { join } from "node:path";
import { quote } from "../snapshot/rootfs.ts";
import type { MountPlan } from "./mount-plan.ts";
import type { ContainerRequest } from "./request.ts";

export interface SetupScript {
  readonly request: ContainerRequest;
  readonly plan: MountPlan;
  /** Whether /sys/fs/cgroup is something else than a plain cgroup2: crun refuses that. */
  readonly mountCgroup2: boolean;
  /** A file that exists once everything is mounted. */
  readonly marker: string;
  /** The runtime's command line. */
  readonly command: readonly string[];
}

/**
 * The POSIX sh script that runs first in the private namespaces. Its descriptors: 0 the secrets, 1 the container's output,
 * 2 our own log, 3 the container's errors, 4 the container's input.
 */
export function setupScript({ request, plan, mountCgroup2, marker, command }: SetupScript): string {
  const lines = [
    "set -e",
    "umask 022",
    // The process ids of /proc must be those of our new namespace, or a runtime does not find itself.
    "mount -t proc proc /proc",
    ...(mountCgroup2 ? ["mount -t cgroup2 none /sys/fs/cgroup"] : []),
    ...request.rootfs.mountScript,
    ...makeWorkdir(request),
    ...plan.script,
    "cd /",
    "exec <&4 4<&-",
    `: >${quote(marker)}`,
    `exec ${command.map(quote).join(" ")} 2>&3 3>&-`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Part of the layer, and of the process's user (SPEC RN-05). No link is on the way: `planWorkdir` resolved them. */
function makeWorkdir({ rootfs, workdir, user }: ContainerRequest): readonly string[] {
  return workdir.missing.flatMap((path) => {
    const at = quote(join(rootfs.merged, path));
    return [`mkdir -m 755 ${at}`, `chown ${user.uid}:${user.gid} ${at}`];
  });
}
