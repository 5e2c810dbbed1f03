import { readFileSync } from "node:fs";
import type { Ulimit } from "../runtime/request.ts";

/** MAX_ARG_STRLEN of the kernel: 32 pages, the zero at the end included. */
const LONGEST_WORD = 32 * 4096;
/** What execve(2) allows whatever the limit of the stack is, and what it never goes beyond (three quarters of 8 MiB). */
const LEAST_ROOM = 128 * 1024;
const MOST_ROOM = 6 * 1024 * 1024;
const POINTER_BYTES = 8;

export interface Arguments {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Bytes that the stack of the process may have. */
  readonly stack: number;
}

/** Why a kernel would say E2BIG (execve(2)); undefined where it would not. Pure. */
export function argumentsTooLong({ argv, env, stack }: Arguments): string | undefined {
  const sizes = [...argv, ...env].map((word) => Buffer.byteLength(word) + 1);
  const longest = Math.max(0, ...sizes);
  if (longest > LONGEST_WORD)
    return `argument list too long: a word of it has ${longest - 1} bytes, and the kernel takes ${LONGEST_WORD - 1}`;
  const sum = sizes.reduce((all, size) => all + size + POINTER_BYTES, 0);
  const room = Math.min(Math.max(stack / 4, LEAST_ROOM), MOST_ROOM);
  if (sum <= room) return undefined;
  return `argument list too long: with the variables it has ${sum} bytes, and the kernel takes ${Math.floor(room)}`;
}

/** Of a process with these limits. */
export function stackBytes(ulimits: readonly Ulimit[], own = ownStack()): number {
  const soft = ulimits.findLast(({ name }) => name === "stack")?.soft ?? own;
  return soft < 0 ? Number.POSITIVE_INFINITY : soft;
}

function ownStack(): number {
  try {
    const text = /^Max stack size\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return text === undefined || text === "unlimited" ? -1 : Number(text);
  } catch {
    return -1;
  }
}
