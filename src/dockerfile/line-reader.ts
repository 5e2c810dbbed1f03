import { Buffer } from "node:buffer";
import { SlipwayError } from "../core/errors.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";

/**
 * The text of a Dockerfile: one byte-order mark at the very start dropped (SPEC LX-01); bytes that are not UTF-8 kept
 * in the form of core/file-name, so that they leave as they came. Throws DOCKERFILE_SYNTAX where the file is too large.
 */
export function decodeSource(source: Uint8Array | string): string {
  if (source.length > LIMITS.dockerfile)
    throw new SlipwayError("DOCKERFILE_SYNTAX", `the Dockerfile is larger than ${LIMITS.dockerfile} bytes`);
  const text = typeof source === "string" ? source : decodeName(source);
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Hands out physical lines, each with its line feed (SPEC LX-02), until the end or a line that is too long (SPEC LX-03). */
export class LineReader {
  readonly #text: string;
  #offset = 0;
  #count = 0;
  #tooLong = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** How many lines were handed out; that is the number of the last one, counted from 1. */
  get line(): number {
    return this.#count;
  }

  /** Reading ended ahead of a line that is too long. */
  get stoppedAtLongLine(): boolean {
    return this.#tooLong;
  }

  next(): string | undefined {
    if (this.#tooLong || this.#offset >= this.#text.length) return undefined;
    const feed = this.#text.indexOf("\n", this.#offset);
    const end = feed < 0 ? this.#text.length : feed + 1;
    const line = this.#text.slice(this.#offset, end);
    if (exceedsLimit(feed < 0 ? line : line.slice(0, -1))) {
      this.#tooLong = true;
      return undefined;
    }
    this.#offset = end;
    this.#count++;
    return line;
  }
}

function exceedsLimit(line: string): boolean {
  if (line.length * 3 <= LIMITS.dockerfileLine) return false;
  const bytes = line.isWellFormed() ? Buffer.byteLength(line) : encodeName(line).length;
  return bytes > LIMITS.dockerfileLine;
}
