import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ContainerCgroup, hierarchyOf, oomKillsIn, ownHierarchies } from "./container-cgroup.ts";

/** The kernel ended processes because memory ran out. */
export interface OutOfMemory {
  /** Whose memory: the container's own limit, that of the group which we are in ourselves, or all of the machine's. */
  readonly whose: "container" | "surroundings" | "machine";
  /** Bytes, where there is a limit. */
  readonly limit?: number;
}

/** For people. */
export function outOfMemoryText({ whose, limit }: OutOfMemory): string {
  const bytes = limit === undefined ? "" : ` of ${Math.round((limit / 1024 / 1024) * 10) / 10} MiB`;
  const reasons = {
    container: `it needs more than its limit${bytes}`,
    surroundings: `slipway itself may use no more than its own limit${bytes}`,
    machine: "the machine has none left",
  };
  return `out of memory: ${reasons[whose]}`;
}

const SIGKILL_CODE = 137;

/**
 * Looks at the kernel's counters now; the function that it gives looks again at the end, and tells whether a container that failed ran
 * out of memory. Its own group counts its own processes. The other counters count those of others too, so that they speak only for
 * a container that ended by SIGKILL.
 */
export function watchMemory(
  cgroup: ContainerCgroup | undefined,
  memory: number | undefined,
): (exitCode: number) => OutOfMemory | undefined {
  const surroundings = hierarchyOf("memory", ownHierarchies())?.own;
  const inside = (): number => (surroundings === undefined ? 0 : oomKillsIn(surroundings));
  const before = { inside: inside(), machine: machineKills() };
  return (exitCode) => {
    if (exitCode === 0) return undefined;
    if (cgroup && cgroup.oomKills() > 0)
      return { whose: "container", ...(memory === undefined ? {} : { limit: memory }) };
    if (exitCode !== SIGKILL_CODE) return undefined;
    if (inside() > before.inside) return { whose: "surroundings", ...limitIn(surroundings) };
    return machineKills() > before.machine ? { whose: "machine" } : undefined;
  };
}

/** proc(5), vmstat: every process that was ended by the out-of-memory killer since the machine started. */
function machineKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(read("/proc/vmstat"))?.[1] ?? 0);
}

/** Version 1 writes a huge number where there is no limit. */
const LARGEST = 2 ** 60;

function limitIn(folder: string | undefined): { readonly limit?: number } {
  if (folder === undefined) return {};
  const text = read(join(folder, "memory.max")) || read(join(folder, "memory.limit_in_bytes"));
  const limit = Number(text.trim() || Number.NaN);
  return limit > 0 && limit < LARGEST ? { limit } : {};
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
