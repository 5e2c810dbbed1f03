import { readdirSync, readFileSync } from "node:fs";
import { type Command, timed } from "./command.ts";

const SAMPLE_MS = 10;
const KIB = 1024;

/**
 * The most memory (bytes, resident) that a command and all processes below it held at one time, sampled every 10 ms, and with it what
 * running programs named in `daemons` held at that moment. Pages that processes share count once for each.
 */
export async function peakMemory(command: Command, daemons: readonly string[] = []): Promise<number> {
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  const others = processesNamed(daemons);
  const sample = (pid: number) => {
    const held = sum([...treeBelow(pid), ...others].map(residentBytes));
    peak = Math.max(peak, held, mostEverHeld(pid));
  };
  try {
    await timed(command, (pid) => {
      timer = setInterval(() => sample(pid), SAMPLE_MS);
    });
  } finally {
    clearInterval(timer);
  }
  return peak;
}

/** A process and all that descend from it, whichever thread started them. */
export function treeBelow(pid: number): readonly number[] {
  const found = [pid];
  for (const parent of found) found.push(...childrenOf(parent));
  return found;
}

function childrenOf(pid: number): readonly number[] {
  return attempt([], () =>
    readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      attempt([], () =>
        readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
      ),
    ),
  );
}

function residentBytes(pid: number): number {
  return statusField(pid, "VmRSS");
}

/** Between two samples a process may have held more; the kernel remembers. */
function mostEverHeld(pid: number): number {
  return statusField(pid, "VmHWM");
}

function statusField(pid: number, name: string): number {
  return attempt(0, () => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(found?.[1] ?? 0) * KIB;
  });
}

/** Process ids of running programs by their name. */
export function processesNamed(names: readonly string[]): readonly number[] {
  if (names.length === 0) return [];
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => names.includes(attempt("", () => readFileSync(`/proc/${pid}/comm`, "utf8").trim())))
    .map(Number);
}

/** Processes end while they are looked at. */
function attempt<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
