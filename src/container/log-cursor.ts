import { closeSync, fstatSync, readSync } from "node:fs";
import { openLogFiles, openNewer } from "./log-files.ts";
import type { LogLine } from "./log-writer.ts";

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 10;

/** A file of the log, and how much of it was read. */
interface OpenFile {
  readonly fd: number;
  at: number;
}

/** Reads a log through all of its files, and on where it stopped, also where they have been rotated meanwhile. */
export class LogCursor {
  readonly #folder: string;
  readonly #onGap: () => void;
  /** The one that is being read, and those after it. */
  readonly #files: OpenFile[];

  constructor(folder: string, onGap: () => void = () => {}) {
    this.#folder = folder;
    this.#onGap = onGap;
    this.#files = openLogFiles(folder).map(fromStart);
  }

  /** The lines from here on, as far as they are whole. */
  *rest(): Generator<LogLine> {
    for (;;) {
      if (this.#files.length === 0) this.#files.push(...openLogFiles(this.#folder).map(fromStart));
      const [file] = this.#files;
      if (!file) return;
      yield* linesOf(file);
      if (this.#files.length === 1) this.#files.push(...this.#newerThan(file.fd));
      if (this.#files.length === 1) return;
      // Between the last read and the rotation something may have been written.
      yield* linesOf(file);
      this.#files.shift();
      closeSync(file.fd);
    }
  }

  /** To be called first: goes to where the last so many lines begin that count, and reads no more of the log than that takes. */
  goBack(count: number, counts: (line: LogLine) => boolean): void {
    let missing = count;
    for (let n = this.#files.length - 1; n >= 0; n--) {
      const file = this.#files[n] as OpenFile;
      for (const { at, line } of linesBackwards(file.fd)) {
        if (!line || !counts(line) || --missing > 0) continue;
        file.at = at;
        for (const { fd } of this.#files.splice(0, n)) closeSync(fd);
        return;
      }
    }
  }

  close(): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd);
  }

  #newerThan(fd: number): OpenFile[] {
    const newer = openNewer(this.#folder, fd);
    if (newer) return newer.map(fromStart);
    const files = openLogFiles(this.#folder).map(fromStart);
    // Nothing is missed where the container has been removed.
    if (files.length > 0) this.#onGap();
    return files;
  }
}

function fromStart(fd: number): OpenFile {
  return { fd, at: 0 };
}

function* linesOf(file: OpenFile): Generator<LogLine> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const size = readSync(file.fd, chunk, 0, CHUNK_BYTES, file.at + rest.length);
    if (size === 0) return;
    const bytes = Buffer.concat([rest, chunk.subarray(0, size)]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    file.at += end;
    rest = Buffer.from(bytes.subarray(end));
    for (const text of bytes.toString("utf8", 0, end).split("\n")) {
      const line = parseLine(text);
      if (line) yield line;
    }
  }
}

/** The whole lines of a file from the last to the first, with the place where each begins. */
function* linesBackwards(fd: number): Generator<{ readonly at: number; readonly line: LogLine | undefined }> {
  let rest: Buffer = Buffer.alloc(0);
  let isAtEnd = true;
  for (let at = fstatSync(fd).size; at > 0; ) {
    const size = Math.min(CHUNK_BYTES, at);
    at -= size;
    const chunk = Buffer.alloc(size);
    const read = readSync(fd, chunk, 0, size, at);
    const bytes = Buffer.concat([chunk.subarray(0, read), rest]);
    let end = bytes.length;
    for (let feed = bytes.lastIndexOf(LINE_FEED); feed >= 0; ) {
      // What follows the last line feed of the file is no whole line yet.
      if (!isAtEnd) yield { at: at + feed + 1, line: parseLine(bytes.toString("utf8", feed + 1, end)) };
      isAtEnd = false;
      end = feed;
      feed = feed === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, feed - 1);
    }
    rest = Buffer.from(bytes.subarray(0, end));
  }
  if (!isAtEnd) yield { at: 0, line: parseLine(rest.toString("utf8")) };
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
