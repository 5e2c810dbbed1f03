import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { LOG_LIMITS, type LogLine, logFile } from "./log-writer.ts";

export interface LogQuery {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** Only so many of the last lines. */
  readonly tail?: number;
  /** Waits for more, until the container has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

const LOOK_EVERY_MS = 100;
const CHUNK_BYTES = 64 * 1024;

/** What a container said, in order, through all files of its log. `mayGrow` tells whether somebody may still write. */
export async function* readLog(
  folder: string,
  query: LogQuery,
  mayGrow: () => boolean,
): AsyncGenerator<LogLine> {
  const log = new LogCursor(folder);
  try {
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

/** Reads on where it stopped, also where the file has been put aside meanwhile. */
class LogCursor {
  readonly #folder: string;
  #fd: number | undefined;
  #rest = Buffer.alloc(0);
  /** Of the files that were there at the beginning, the number of the one that comes next. */
  #next: number;

  constructor(folder: string) {
    this.#folder = folder;
    this.#next = LOG_LIMITS.files - 1;
    while (this.#next > 0 && !existsSync(logFile(folder, this.#next))) this.#next--;
  }

  *rest(): Generator<LogLine> {
    for (;;) {
      this.#fd ??= this.#open();
      if (this.#fd === undefined) return;
      yield* this.#linesOf(this.#fd);
      if (this.#next < 0 && this.#isCurrent(this.#fd)) return;
      // Between the last read and the rename something may have been written.
      yield* this.#linesOf(this.#fd);
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number | undefined {
    const n = Math.max(this.#next, 0);
    try {
      const fd = openSync(logFile(this.#folder, n), "r");
      this.#next = n - 1;
      return fd;
    } catch {
      this.#next = n === 0 ? -1 : n - 1;
      return n === 0 ? undefined : this.#open();
    }
  }

  #isCurrent(fd: number): boolean {
    const current = statSync(logFile(this.#folder, 0), { throwIfNoEntry: false });
    // Just put aside, and nothing new yet.
    return current === undefined || current.ino === fstatSync(fd).ino;
  }

  *#linesOf(fd: number): Generator<LogLine> {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let size = readSync(fd, chunk); size > 0; size = readSync(fd, chunk)) {
      const bytes = Buffer.concat([this.#rest, chunk.subarray(0, size)]);
      const end = bytes.lastIndexOf(10) + 1;
      this.#rest = Buffer.from(bytes.subarray(end));
      for (const text of bytes.toString("utf8", 0, end).split("\n")) {
        const line = parseLine(text);
        if (line) yield line;
      }
    }
  }
}

/** A line that a kill or a full disk cut short is passed over. */
function parseLine(text: string): LogLine | undefined {
  if (text === "") return undefined;
  try {
    const line = JSON.parse(text) as LogLine;
    return typeof line.log === "string" && typeof line.time === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}
