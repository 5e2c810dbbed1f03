import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Process ids whose parent is `pid`, in ascending order, as /proc tells it at this instant; none where it is gone. Those that are reaped
 * meanwhile may hide others, but where there is one, one is found.
 */
export function childrenOf(pid: number): readonly number[] {
  return (listedChildren(pid) ?? searchedChildren(pid)).toSorted((a, b) => a - b);
}

/** From the lists that the kernel keeps for each thread (proc(5), /proc/pid/task/tid/children); undefined where it keeps none. */
function listedChildren(pid: number): readonly number[] | undefined {
  const tasks = `/proc/${pid}/task`;
  try {
    return threadsIn(tasks).flatMap((thread) => {
      const list = readFileSync(`${tasks}/${thread}/children`, "latin1");
      return list.split(" ").filter(Boolean).map(Number);
    });
  } catch {
    // Also where a thread ended in between.
    return undefined;
  }
}

function threadsIn(tasks: string): readonly string[] {
  try {
    return readdirSync(tasks);
  } catch {
    // The process is gone.
    return [];
  }
}

/** A kernel without those lists has to be asked for the parent of every process. */
export function searchedChildren(pid: number): readonly number[] {
  const candidates = readdirSync("/proc").map(Number);
  return candidates.filter((candidate) => Number.isInteger(candidate) && parentOf(candidate) === pid);
}

/** The first child of the first child …, `generations` deep; undefined where the line is shorter. */
export function descendantOf(pid: number, generations: number): number | undefined {
  let at: number | undefined = pid;
  for (let i = 0; i < generations && at !== undefined; i++) at = childrenOf(at)[0];
  return at;
}

/** Ends a process with everything below it, children before their parents: an orphan would belong to somebody else. */
export function killTree(pid: number): void {
  for (const child of searchedChildren(pid)) killTree(child);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}

function parentOf(pid: number): number | undefined {
  const parent = statusFields(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** `R` running, `S` or `D` waiting, `T` stopped, `Z` ended (proc(5)); undefined where the process is gone. */
export function stateOf(pid: number): string | undefined {
  return statusFields(pid)?.[0];
}

/** Which process namespace a process is in (namespaces(7)); undefined where it is gone. */
export function pidNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** proc(5), /proc/pid/stat: the name in parentheses may hold anything, so fields are counted from the last `)`. */
function statusFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Whether a process handles a signal (proc(5), SigCgt). False where the process is gone. */
export function catchesSignal(pid: number, signal: number): boolean {
  try {
    const line = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return ((BigInt(`0x${line?.[1] ?? "0"}`) >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
