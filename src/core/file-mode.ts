import { SlipwayError } from "./errors.ts";
import type { Entry } from "./file-tree.ts";

/** The letter of each type, as Go's `FileMode` and as `ls` writes it. */
const LETTERS = {
  file: { go: "-", ls: "-" },
  dir: { go: "d", ls: "d" },
  symlink: { go: "L", ls: "l" },
  char: { go: "Dc", ls: "c" },
  block: { go: "D", ls: "b" },
  fifo: { go: "p", ls: "p" },
  whiteout: { go: "?", ls: "?" },
} as const;

const SETUID = 0o4000;
const SETGID = 0o2000;
const STICKY = 0o1000;

/** As Go writes it, and files for container-structure-test have it: `-rw-r--r--`, `urwxr-xr-x`, `dtrwxrwxrwx`. */
export function goMode({ type, mode }: Pick<Entry, "type" | "mode">): string {
  const special = (mode & SETUID ? "u" : "") + (mode & SETGID ? "g" : "") + (mode & STICKY ? "t" : "");
  const letter = LETTERS[type].go;
  // The letter goes after those of the type; a file has one only where it has nothing else.
  const head = type === "file" ? special || "-" : letter === "Dc" ? `D${special}c` : letter + special;
  return head + plainBits(mode).join("");
}

/** As `ls` writes it: `-rwsr-xr-x`, `drwxrwxrwt`. */
export function lsMode({ type, mode }: Pick<Entry, "type" | "mode">): string {
  const bits = plainBits(mode);
  const mark = (at: number, bit: number, letter: string) => {
    if (mode & bit) bits[at] = bits[at] === "x" ? letter : letter.toUpperCase();
  };
  mark(2, SETUID, "s");
  mark(5, SETGID, "s");
  mark(8, STICKY, "t");
  return LETTERS[type].ls + bits.join("");
}

/** Whether an entry has the permissions that a test names, in either form or in octal digits. */
export function hasPermissions(entry: Pick<Entry, "type" | "mode">, expected: string): boolean {
  if (/^[0-7]{3,5}$/.test(expected)) return Number.parseInt(expected, 8) === entry.mode;
  return expected === goMode(entry) || expected === lsMode(entry);
}

/** Throws `TEST_INVALID` for what no file could ever have. */
export function checkPermissions(text: string): string {
  if (/^([0-7]{3,5}|[-a-zA-Z?]{1,5}?[r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-])$/.test(text)) return text;
  throw new SlipwayError("TEST_INVALID", `${JSON.stringify(text)} are no permissions`, {
    hint: "write -rw-r--r--, drwxr-xr-x or octal digits such as 0644",
  });
}

function plainBits(mode: number): string[] {
  return [..."rwxrwxrwx"].map((letter, i) => (mode & (1 << (8 - i)) ? letter : "-"));
}
