import type { Stats } from "node:fs";
import { Socket } from "node:net";
import { isatty, ReadStream } from "node:tty";
import { cancelled, throwIfAborted } from "../core/cleanup-scope.ts";

/** Whether bytes come when somebody writes them: pipes and terminals. */
export function isStream(fd: number, stats: Stats): boolean {
  return stats.isFIFO() || isatty(fd);
}

/**
 * At most one byte more than the limit of what comes until the writers are gone; the first of them may come later. The descriptor was opened without
 * blocking, and is closed. Throws `CANCELLED`.
 */
export async function readStream(
  fd: number,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const stream = isatty(fd) ? new ReadStream(fd) : new Socket({ fd, readable: true, writable: false });
  const stop = () => void stream.destroy(signal && cancelled(signal));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal) throwIfAborted(signal);
    const pieces: Buffer[] = [];
    let total = 0;
    for await (const piece of stream as AsyncIterable<Buffer>) {
      pieces.push(piece);
      total += piece.length;
      if (total > limit) break;
    }
    return Buffer.concat(pieces).subarray(0, limit + 1);
  } finally {
    signal?.removeEventListener("abort", stop);
    stream.destroy();
  }
}
