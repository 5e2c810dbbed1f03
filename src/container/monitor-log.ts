import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { describeSystemError } from "../core/errors.ts";

/** A start begins with no more than this of what earlier ones said: complaints of a container that fails again and again do not add up. */
const MOST_BYTES = 64 * 1024;

/** Where a monitor writes what it has to complain about, by itself and by the programs that it runs. */
export interface MonitorLog {
  /** Appends. */
  readonly fd: number;
  /** What was said since it was opened, or the end of it. */
  saidSince(): string;
  close(): void;
}

/** Throws `DISK_FULL`, `PERMISSION_DENIED`. */
export function openMonitorLog(path: string): MonitorLog {
  try {
    const fd = openSync(path, "a+", 0o600);
    const start = shorten(fd);
    return {
      fd,
      saidSince: () => {
        const end = fstatSync(fd).size;
        return read(fd, Math.max(start, end - MOST_BYTES), end).toString("utf8");
      },
      close: () => closeSync(fd),
    };
  } catch (error) {
    throw describeSystemError(error, `opening ${path}`);
  }
}

/** Keeps the last half, from the beginning of a line on, of what has become too long. Gives the size. */
function shorten(fd: number): number {
  const { size } = fstatSync(fd);
  if (size <= MOST_BYTES) return size;
  const tail = read(fd, size - MOST_BYTES / 2, size);
  const kept = tail.subarray(tail.indexOf("\n") + 1);
  ftruncateSync(fd, 0);
  for (let at = 0; at < kept.length; ) at += writeSync(fd, kept, at);
  return kept.length;
}

/** Less where the file ends before. */
function read(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, Math.min(to - from, MOST_BYTES)));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
}
