import { readFileSync } from "node:fs";
import { nativeFunction } from "./native-function.ts";

const TIOCGWINSZ = 0x5413;
const TIOCSWINSZ = 0x5414;

/** In character cells. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/** The size of a terminal; undefined where the descriptor is none, or has no size. */
export function windowSize(fd: number): WindowSize | undefined {
  const [rows = 0, columns = 0] = rawWindowSize(fd) ?? [];
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

/** Gives the terminal `to` the size of the terminal `from`; does nothing where `from` is none. */
export function copyWindowSize(from: number, to: number): void {
  const size = rawWindowSize(from);
  if (size) ioctl()?.(to, TIOCSWINSZ, size);
}

/** `struct winsize` of ioctl_tty(2). */
function rawWindowSize(fd: number): Uint16Array | undefined {
  const size = new Uint16Array(4);
  return ioctl()?.(fd, TIOCGWINSZ, size) === 0 ? size : undefined;
}

function ioctl(): ReturnType<typeof nativeFunction> {
  return nativeFunction("ioctl", "int", ["int", "unsigned long", "void *"]);
}

/** Larger than `struct termios` anywhere. */
const TERMIOS_BYTES = 256;
const TCSANOW = 0;

/**
 * Makes a terminal raw in both directions and gives the function that puts it back; does nothing where the descriptor is no
 * terminal. Node's own raw mode still turns LF into CR LF on output.
 */
export function makeRaw(fd: number): () => void {
  const get = nativeFunction("tcgetattr", "int", ["int", "void *"]);
  const set = nativeFunction("tcsetattr", "int", ["int", "int", "void *"]);
  const raw = nativeFunction("cfmakeraw", "void", ["void *"]);
  const before = Buffer.alloc(TERMIOS_BYTES);
  if (get?.(fd, before) !== 0) return () => {};
  const mode = Buffer.from(before);
  raw?.(mode);
  set?.(fd, TCSANOW, mode);
  return () => void set?.(fd, TCSANOW, before);
}

/**
 * Tells whether this process is in the foreground of a terminal, so that a signal of the keyboard reaches its whole process group
 * (proc_pid_stat(5): the group is field 5, the foreground group of the terminal field 8, -1 where there is no terminal).
 */
export function isInForeground(): boolean {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}
