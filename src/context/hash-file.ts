import { createHash, type Hash, hash as hashOnce } from "node:crypto";
import { type BigIntStats, closeSync, fstatSync, readSync } from "node:fs";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { openWithoutLinks } from "../sys/open-without-links.ts";
import type { FileStat } from "./stat-index-codec.ts";

/** What a file held, and the stat under which it held it: the same before and after the bytes were read. */
export interface HashedFile {
  readonly digest: Digest;
  readonly stat: FileStat;
  /** ms since the epoch, taken before the file was opened. */
  readonly readAt: number;
}

export const PIECE_BYTES = 1024 * 1024;
const ATTEMPTS = 4;

/** Hashes a file; a generator that pauses after every full piece, so that its driver decides when others get a turn. */
export type Hashing = Generator<undefined, HashedFile>;

/**
 * Hashes the bytes of a regular file, given by its real path, without following a link anywhere in it. A file that changes meanwhile is read again, a few times;
 * then it is `SOURCE_CHANGED`. `buffer` has `PIECE_BYTES` and must not be shared with another hashing in progress.
 */
export function* hashFile(hostPath: string, buffer: Buffer): Hashing {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const hashed = yield* hashAttempt(hostPath, buffer);
    if (hashed) return hashed;
  }
  throw new SlipwayError("SOURCE_CHANGED", `"${printableName(hostPath)}" changes while it is read`, {
    hint: "stop what writes to it during the build, or exclude it with an ignore file",
  });
}

function* hashAttempt(hostPath: string, buffer: Buffer): Generator<undefined, HashedFile | undefined> {
  const readAt = Date.now();
  const fd = openWithoutLinks(hostPath);
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile())
      throw new SlipwayError("SOURCE_CHANGED", `"${printableName(hostPath)}" is no longer a regular file`);
    const digest = yield* hashOpenFile(fd, Number(before.size), buffer);
    const stat = fileStatOf(fstatSync(fd, { bigint: true }));
    return sameStat(stat, fileStatOf(before)) ? { digest, stat, readAt } : undefined;
  } finally {
    closeSync(fd);
  }
}

function* hashOpenFile(fd: number, size: number, buffer: Buffer): Generator<undefined, Digest> {
  let length = readSync(fd, buffer, 0, buffer.length, null);
  // A shorter or longer file than its stat said fails the comparison of stats afterwards.
  if (length === size && length < buffer.length)
    return `sha256:${hashOnce("sha256", buffer.subarray(0, length), "hex")}`;
  const running: Hash = createHash("sha256");
  // Not past the size: a log that grows as fast as it is read would never end.
  for (let total = length; length > 0 && total <= size; total += length) {
    running.update(buffer.subarray(0, length));
    yield;
    length = readSync(fd, buffer, 0, buffer.length, null);
  }
  return `sha256:${running.digest("hex")}`;
}

export function fileStatOf(stats: BigIntStats): FileStat {
  const { mtimeNs, ctimeNs, ino } = stats;
  return { size: Number(stats.size), mtimeNs, ctimeNs, ino, mode: Number(stats.mode) };
}

export function sameStat(a: FileStat, b: FileStat): boolean {
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.ino === b.ino &&
    a.mode === b.mode
  );
}
