import { readdirSync, readFileSync } from "node:fs";
import { pidNamespaceOf } from "./process-tree.ts";

/** A process of a container, as /proc of this machine shows it. */
export interface NamespaceProcess {
  readonly pid: number;
  readonly parent: number;
  /** The first 15 characters of its program's name. */
  readonly name: string;
  /** `R` running, `S` or `D` waiting, `T` stopped, `Z` ended and not waited for (proc(5)). */
  readonly state: string;
  /** The effective user, as the caller's user namespace numbers it. */
  readonly uid: number;
}

/** All processes of the process namespace that `pid` is in, `pid` among them; empty where it is gone. */
export function processesBeside(pid: number): readonly NamespaceProcess[] {
  const namespace = pidNamespaceOf(pid);
  if (namespace === undefined) return [];
  const found: NamespaceProcess[] = [];
  const known = new Map<number, boolean>();
  for (const name of readdirSync("/proc")) {
    const candidate = Number(name);
    if (!Number.isInteger(candidate)) continue;
    const read = readProcess(candidate);
    if (!read) continue;
    // One that has ended has no namespaces any more; it belongs where its parent does.
    const own = pidNamespaceOf(candidate);
    known.set(candidate, own === namespace);
    if (own === namespace || (own === undefined && read.state === "Z")) found.push(read);
  }
  return found.filter((one) => known.get(one.pid) || known.get(one.parent));
}

function readProcess(pid: number): NamespaceProcess | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    return {
      pid,
      parent: Number(field("PPid")),
      name: field("Name"),
      state: field("State").slice(0, 1),
      uid: Number(field("Uid").split(/\s+/)[1]),
    };
  } catch {
    return undefined;
  }
}
