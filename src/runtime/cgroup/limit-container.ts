import { isSlipwayError } from "../../core/errors.ts";
import { quote } from "../../snapshot/rootfs.ts";
import type { ContainerRequest } from "../request.ts";
import type { ContainerEnd } from "../runtime-log.ts";
import { type ContainerCgroup, createCgroup } from "./container-cgroup.ts";
import { watchMemory } from "./out-of-memory.ts";

export interface ContainerLimits {
  /** Put before a command line, makes what it starts a part of the container's group. Empty where there is none. */
  readonly join: readonly string[];
  /** Adds to the end of the container whether it ran out of memory. */
  explain(interpret: () => ContainerEnd): ContainerEnd;
  readonly remove: () => Promise<void>;
}

/**
 * The limits of one container, if any are asked for, and a watch over its memory. `companions` are processes of ours in the same group.
 * Limits that cannot be enforced are told to `onWarning`. Throws `LIMIT_REFUSED`.
 */
export async function limitContainer(
  { resources = {}, cgroupParent }: Pick<ContainerRequest, "resources" | "cgroupParent">,
  companions: number,
  onWarning: ((message: string) => void) | undefined,
): Promise<ContainerLimits> {
  const isLimited = Object.keys(resources).length > 0 || cgroupParent !== undefined;
  const { pidsLimit = -1 } = resources;
  const cgroup = isLimited
    ? await createCgroup({
        resources: pidsLimit < 0 ? resources : { ...resources, pidsLimit: pidsLimit + companions },
        ...(cgroupParent === undefined ? {} : { parent: cgroupParent }),
      })
    : undefined;
  if (cgroup && cgroup.unenforced.length > 0)
    onWarning?.(`limits that cannot be enforced here are ignored: ${cgroup.unenforced.join("; ")}`);
  const outOfMemory = watchMemory(cgroup, resources.memory);
  return {
    join: cgroup && cgroup.joins.length > 0 ? ["sh", "-c", joinScript(cgroup), "sh"] : [],
    explain: (interpret) => withMemory(interpret, outOfMemory),
    remove: async () => cgroup?.remove(),
  };
}

/** Before anything else, so that the container's view of control groups begins at its own. */
function joinScript({ joins }: ContainerCgroup): string {
  return ["set -e", ...joins.map((file) => `echo 0 > ${quote(file)}`), 'exec "$@"'].join("\n");
}

/** A limit may be so low that not even the runtime gets through: that is no defect of the runtime. */
function withMemory(
  interpret: () => ContainerEnd,
  outOfMemory: ReturnType<typeof watchMemory>,
): ContainerEnd {
  try {
    const end = interpret();
    const oom = outOfMemory(end.exitCode);
    return oom ? { ...end, oom } : end;
  } catch (error) {
    const oom = isSlipwayError(error, "RUNTIME_FAILED") ? outOfMemory(137) : undefined;
    if (oom?.whose === "container") return { exitCode: 137, oom };
    throw error;
  }
}
