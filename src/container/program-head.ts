/** Enough of a program to know what it needs: its headers, or a script's first line. */
export const HEAD_BYTES = 4096;

/** The kernel reads no more of a script's first line. */
const SCRIPT_LINE = 256;
const INTERPRETER_SEGMENT = 3;

/** What a file is to execve(2), by its first bytes. */
export type ProgramKind =
  | {
      readonly kind: "elf";
      /** The loader of its libraries, where it names one. */
      readonly interpreter?: string;
    }
  | { readonly kind: "script"; readonly interpreter: string }
  /** Only what binfmt_misc knows could be done with it. */
  | { readonly kind: "other" };

/** Pure; `head` is the first `HEAD_BYTES` of the file, or all of it. */
export function programKind(head: Buffer): ProgramKind {
  if (head.length >= 20 && head.readUInt32BE(0) === 0x7f454c46) {
    const interpreter = loaderOf(head);
    return interpreter === undefined ? { kind: "elf" } : { kind: "elf", interpreter };
  }
  const line = head.subarray(0, SCRIPT_LINE).toString("latin1");
  const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(line)?.[1];
  return interpreter === undefined
    ? { kind: "other" }
    : { kind: "script", interpreter: Buffer.from(interpreter, "latin1").toString("utf8") };
}

/** PT_INTERP of elf(5); undefined where there is none, or where it lies too far behind. */
function loaderOf(head: Buffer): string | undefined {
  const isLarge = head[4] === 2;
  const isBig = head[5] === 2;
  const short = (at: number) => (isBig ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const int = (at: number) => (isBig ? head.readUInt32BE(at) : head.readUInt32LE(at));
  const word = (at: number) =>
    isLarge ? Number(isBig ? head.readBigUInt64BE(at) : head.readBigUInt64LE(at)) : int(at);
  if (head.length < (isLarge ? 64 : 52)) return undefined;
  const [start, size, count] = isLarge ? [word(32), short(54), short(56)] : [word(28), short(42), short(44)];
  // p_offset and p_filesz have other places in each size of ELF.
  const [offset, length] = isLarge ? [8, 32] : [4, 16];
  for (let at = start, i = 0; i < count && at + 56 <= head.length; at += size, i++) {
    if (int(at) !== INTERPRETER_SEGMENT) continue;
    const begin = word(at + offset);
    const end = begin + word(at + length);
    return end <= head.length ? head.toString("utf8", begin, end).replace(/\0.*$/s, "") : undefined;
  }
  return undefined;
}
