import { join } from "node:path";
import { quote } from "../snapshot/rootfs.ts";
import { SECRETS } from "./private-files.ts";
import type { ContainerRequest } from "./request.ts";

/** Files that tell afterwards how far a start came. */
export interface StartTraces {
  /** What the tools that prepare the container complain about. */
  readonly setupLog: string;
  /** Exists once everything is prepared; from then on the container's own output and exit code count. */
  readonly ready: string;
  /** Where the runtime writes its errors. */
  readonly runtimeLog: string;
}

export function startTraces({ scratch }: Pick<ContainerRequest, "scratch">): StartTraces {
  const at = (name: string): string => join(scratch, name);
  return { setupLog: at("setup.log"), ready: at("ready"), runtimeLog: at("runtime.log") };
}

/**
 * The script that process 1 of the private namespaces runs: the root filesystem, the working directory, the sources of mounts,
 * and then what starts the container in its place. Standard error is the container's only from `ready` on.
 */
export function startScript(
  request: ContainerRequest,
  traces: StartTraces,
  { mounts, start }: { readonly mounts: readonly string[]; readonly start: readonly string[] },
): string {
  const lines = [
    "set -e",
    "umask 022",
    `exec 4>&2 2>${quote(traces.setupLog)}`,
    ...request.rootfs.mountScript,
    ...workdirLines(request),
    ...mounts,
    "cd /",
    `exec ${SECRETS}<&-`,
    ...start.slice(0, -1),
    `: > ${quote(traces.ready)}`,
    "exec 2>&4 4>&-",
    ...start.slice(-1),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * The working directory is part of the layer and belongs to the process's user (SPEC RN-05). It is made in the mounted view, so
 * that the directories above it keep the image's metadata; its path holds no link (`planWorkdir`).
 */
function workdirLines({ workdir, rootfs, user }: ContainerRequest): readonly string[] {
  return workdir.missing.flatMap((path) => {
    const at = quote(join(rootfs.merged, path));
    return [`[ -d ${at} ] || mkdir ${at}`, `chown ${user.uid}:${user.gid} ${at}`];
  });
}
