import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface LogLine {
  readonly log: string;
  readonly stream: "stdout" | "stderr";
  /** RFC 3339. */
  readonly time: string;
}

export interface LogLimits {
  /** A file that has become so large is put aside. */
  readonly maximumBytes: number;
  /** Files that are kept, the current one included. */
  readonly files: number;
}

export const LOG_LIMITS: LogLimits = { maximumBytes: 10 * 1024 * 1024, files: 5 };

/** A line that is longer comes in parts of this size (as Docker's json-file has it). */
const LONGEST_PART = 16 * 1024;
const LINE_FEED = 10;

/** The current file, and the `n`th put aside. */
export function logFile(folder: string, n: number): string {
  return join(folder, n === 0 ? "container.log" : `container.log.${n}`);
}

/**
 * Writes what a container says as JSON lines, one for each of its lines, and rotates the file. What cannot be written (a full disk) is
 * lost, and the container goes on.
 */
export class LogWriter {
  readonly #folder: string;
  readonly #limits: LogLimits;
  readonly #rests = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #fd: number | undefined;
  #bytes = 0;
  /** The last line of the file has no end. */
  #isTorn = false;

  constructor(folder: string, limits: LogLimits = LOG_LIMITS) {
    this.#folder = folder;
    this.#limits = limits;
  }

  write(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    let rest = Buffer.concat([this.#rests[stream], chunk]);
    const lines: Buffer[] = [];
    for (;;) {
      const feed = rest.indexOf(LINE_FEED);
      const end =
        feed >= 0 && feed < LONGEST_PART ? feed + 1 : rest.length >= LONGEST_PART ? partEnd(rest) : 0;
      if (end === 0) break;
      lines.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    // A copy: the chunk's memory may be used again.
    this.#rests[stream] = Buffer.from(rest);
    this.#append(stream, lines);
  }

  /** Writes lines that have no end yet. To be called when a run of the container has ended. */
  flush(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const rest = this.#rests[stream];
      this.#rests[stream] = Buffer.alloc(0);
      if (rest.length > 0) this.#append(stream, [rest]);
    }
  }

  close(): void {
    this.flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #append(stream: "stdout" | "stderr", lines: readonly Buffer[]): void {
    if (lines.length === 0) return;
    const time = new Date().toISOString();
    const text = lines.map((line): string => {
      const entry: LogLine = { log: line.toString("utf8"), stream, time };
      return `${JSON.stringify(entry)}\n`;
    });
    try {
      this.#put(Buffer.from(text.join("")));
    } catch {
      // Told in the class's comment.
    }
  }

  #put(bytes: Buffer): void {
    this.#fd ??= this.#open();
    // What a full disk cut short takes no good line with it.
    if (this.#isTorn) this.#bytes += writeSync(this.#fd, "\n");
    this.#isTorn = false;
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at);
    } finally {
      this.#bytes += at;
      this.#isTorn = at > 0 && bytes[at - 1] !== LINE_FEED;
    }
    if (this.#bytes >= this.#limits.maximumBytes) this.#rotate();
  }

  #open(): number {
    const fd = openSync(logFile(this.#folder, 0), "a+", 0o600);
    this.#bytes = fstatSync(fd).size;
    const last = Buffer.alloc(1);
    this.#isTorn =
      this.#bytes > 0 && readSync(fd, last, 0, 1, this.#bytes - 1) === 1 && last[0] !== LINE_FEED;
    return fd;
  }

  #rotate(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const last = this.#limits.files - 1;
    rmSync(logFile(this.#folder, last), { force: true });
    for (let n = last - 1; n >= 0; n--) {
      try {
        renameSync(logFile(this.#folder, n), logFile(this.#folder, n + 1));
      } catch {
        // There were not so many yet.
      }
    }
  }
}

/** No character of UTF-8 is torn apart. */
function partEnd(bytes: Buffer): number {
  let end = LONGEST_PART;
  while (end > LONGEST_PART - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
