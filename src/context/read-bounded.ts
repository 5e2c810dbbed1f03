import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { fsPath } from "../core/file-name.ts";

export interface BoundedRead {
  /** Bytes. */
  readonly limit: number;
  /** Ends the waiting for a pipe's writer. */
  readonly signal?: AbortSignal | undefined;
}

/** What was opened to be read, and what it is. */
export interface OpenedFile {
  readonly fd: number;
  readonly stats: Stats;
}

/**
 * Reads what a path has, at most one byte more than the limit. Nothing can hang the process: opening waits for nobody, and a pipe or
 * terminal is waited for without a thread, which could not be called back. Throws `CANCELLED`, and Node's kind of error.
 */
export async function readBounded(path: string, options: BoundedRead): Promise<Buffer> {
  return readOpened(openAtOnce(path), options);
}

/** Opens a file to read it, a pipe also where it has no writer yet. Throws Node's kind of error. */
export function openAtOnce(path: string): OpenedFile {
  const fd = openSync(fsPath(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return { fd, stats: fstatSync(fd) };
}

/** The same for what is open already, which is closed. */
export async function readOpened({ fd, stats }: OpenedFile, { limit, signal }: BoundedRead): Promise<Buffer> {
  let isOurs = true;
  try {
    if (!stats.isFIFO() && !stats.isCharacterDevice()) return readAll(fd, limit);
    // Only who reads a pipe loads what that needs.
    const { isStream, readStream } = await import("./read-stream.ts");
    if (!isStream(fd, stats)) return readAll(fd, limit);
    isOurs = false;
    return await readStream(fd, limit, signal);
  } finally {
    if (isOurs) closeSync(fd);
  }
}

function readAll(fd: number, limit: number): Buffer {
  const pieces: Buffer[] = [];
  for (let total = 0; total <= limit; ) {
    const piece = Buffer.allocUnsafe(Math.min(64 * 1024, limit + 1 - total));
    const length = readSync(fd, piece);
    if (length === 0) break;
    pieces.push(piece.subarray(0, length));
    total += length;
  }
  return Buffer.concat(pieces);
}
