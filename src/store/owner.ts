import { readFileSync, readlinkSync } from "node:fs";
import { systemErrorCode } from "../core/errors.ts";

/**
 * Names one process for good: `<pid>-<start time>-<pid namespace>-<boot>`. A pid alone comes back; together with the start
 * time and the boot id it does not. Safe as a file name.
 */
export type Owner = string;

const SHAPE = /^(\d+)-(\d+)-(\d+)-([0-9a-f]+)$/;

/** The kernel's boot id; `0` where there is none to be had. */
export function bootId(): string {
  return readIfThere("/proc/sys/kernel/random/boot_id")?.trim() || "0";
}

/** This process. */
export function currentOwner(): Owner {
  const start = processStart(process.pid) ?? "0";
  return `${process.pid}-${start}-${pidNamespace()}-${shortBoot()}`;
}

/** Another process of this machine; undefined where it has ended. */
export function ownerOf(pid: number): Owner | undefined {
  const start = processStart(pid);
  return start === undefined ? undefined : `${pid}-${start}-${pidNamespace()}-${shortBoot()}`;
}

/** The process id that an owner had. */
export function pidOf(owner: Owner): number {
  return Number(SHAPE.exec(owner)?.[1] ?? 0);
}

/** Tells whether `name` has the shape of an owner. */
export function isOwner(name: string): name is Owner {
  return SHAPE.test(name);
}

/**
 * Tells whether that process has certainly ended. A process of another pid namespace (a container that shares the store)
 * cannot be looked up and counts as alive until the next boot.
 */
export function isGone(owner: Owner): boolean {
  const [, pid, start, namespace, boot] = SHAPE.exec(owner) ?? [];
  if (pid === undefined || boot !== shortBoot()) return true;
  if (namespace !== pidNamespace()) return false;
  return start === "0" ? !answersSignals(Number(pid)) : processStart(Number(pid)) !== start;
}

function shortBoot(): string {
  return bootId().replaceAll("-", "").slice(0, 12);
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

/** Start time in clock ticks (proc(5), field 22); undefined for a process that has ended, even if nobody has reaped it yet. */
function processStart(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (!stat) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
