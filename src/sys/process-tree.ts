import { readdirSync, readFileSync } from "node:fs";

/** Process ids whose parent is `pid`, in ascending order, as /proc tells it at this instant. */
export function childrenOf(pid: number): readonly number[] {
  const children: number[] = [];
  for (const name of readdirSync("/proc")) {
    const candidate = Number(name);
    if (Number.isInteger(candidate) && parentOf(candidate) === pid) children.push(candidate);
  }
  return children.sort((a, b) => a - b);
}

/** The first child of the first child …, `generations` deep; undefined where the line is shorter. */
export function descendantOf(pid: number, generations: number): number | undefined {
  let at: number | undefined = pid;
  for (let i = 0; i < generations && at !== undefined; i++) at = childrenOf(at)[0];
  return at;
}

/** proc(5), /proc/pid/stat: the name in parentheses may hold anything, so fields are counted from the last `)`. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
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
