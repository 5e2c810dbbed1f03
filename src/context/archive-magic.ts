/** How an archive on its way in is packed. zstd is not among them: build contexts do not know it (SPEC SG-15). */
export type ArchiveFormat = "tar" | "gzip" | "bzip2" | "xz";

/** Bytes from the start of a stream that are enough for `detectArchive`. */
export const ARCHIVE_HEAD_BYTES = 1024;

const MAGICS: readonly (readonly [ArchiveFormat, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** What the first KiB of a stream looks like; undefined: no archive (SPEC CL-01, SG-15). */
export function detectArchive(head: Uint8Array): ArchiveFormat | undefined {
  const found = MAGICS.find(([, magic]) => magic.every((byte, at) => head[at] === byte));
  return found?.[0] ?? (isTarHeader(head) ? "tar" : undefined);
}

const BLOCK = 512;
const SUM_START = 148;
const SUM_END = 156;

/** The checksum of the first block is right: the sum of all its bytes, those of the sum itself taken as blanks (POSIX ustar). */
function isTarHeader(head: Uint8Array): boolean {
  if (head.length < BLOCK) return false;
  const field = String.fromCharCode(...head.subarray(SUM_START, SUM_END));
  const octal = /^[ \0]*([0-7]+)[ \0]*$/.exec(field)?.[1];
  if (octal === undefined) return false;
  let sum = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= SUM_START && at < SUM_END ? 0x20 : head[at]!;
    sum += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const expected = Number.parseInt(octal, 8);
  return expected === sum || expected === signed;
}
