import { setTimeout as pause } from "node:timers/promises";
import { LogCursor } from "./log-cursor.ts";
import type { LogLine } from "./log-writer.ts";

export interface LogQuery {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** Only so many of the last lines. */
  readonly tail?: number;
  /** Waits for more, until the container has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /** Told where files of the log were rotated away before they were read. */
  readonly onGap?: () => void;
}

const LOOK_EVERY_MS = 100;

/** What a container said, in order, through all files of its log. `mayGrow` tells whether somebody may still write. */
export async function* readLog(
  folder: string,
  query: LogQuery,
  mayGrow: () => boolean,
): AsyncGenerator<LogLine> {
  const log = new LogCursor(folder, query.onGap);
  try {
    if (query.tail) log.goBack(query.tail, (line) => isInTime(line, query));
    yield* chosen(log.rest(), query);
    while (query.follow && !query.signal?.aborted) {
      // Asked first: what was written before the end is read after it.
      const isLast = !mayGrow();
      for (const line of log.rest()) if (isInTime(line, query)) yield line;
      if (isLast || isPast(query)) return;
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    log.close();
  }
}

function chosen(lines: Iterable<LogLine>, query: LogQuery): Iterable<LogLine> {
  const { tail } = query;
  if (tail === undefined) return inTime(lines, query);
  const last: LogLine[] = [];
  for (const line of lines) {
    if (tail === 0 || !isInTime(line, query)) continue;
    last.push(line);
    // Dropped by the half: taking one from the front of a long list each time would be slow.
    if (last.length >= 2 * tail) last.splice(0, last.length - tail);
  }
  return tail === 0 ? [] : last.slice(-tail);
}

function* inTime(lines: Iterable<LogLine>, query: LogQuery): Generator<LogLine> {
  for (const line of lines) if (isInTime(line, query)) yield line;
}

function isInTime({ time }: LogLine, { since, until }: LogQuery): boolean {
  const at = Date.parse(time);
  return (since === undefined || at >= since) && (until === undefined || at <= until);
}

function isPast({ until }: LogQuery): boolean {
  return until !== undefined && Date.now() > until;
}
