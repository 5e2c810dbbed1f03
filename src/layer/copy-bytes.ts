import { createHash, hash } from "node:crypto";
import * as fs from "node:fs";
import { type Digest, digestOf, finishDigest } from "../core/digest.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ArchiveHash } from "./archive-hash.ts";
import type { ByteSource } from "./change.ts";

/** Files up to this size are read in one piece, into the window of the archive's hash. */
const ONE_PIECE = 256 * 1024;
const CHUNK = 1024 * 1024;

/** Without waiting for a writer, should the file have become a fifo. */
const READ_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

export interface ByteTarget {
  readonly archive: ArchiveHash;
  /** A file that is written, too. */
  readonly fd: number | undefined;
}

/**
 * Passes the bytes of a file to `target`, each read once, and gives their digest. Throws `SOURCE_CHANGED` where there are more or
 * less than `entry.size`, where they have another digest than the entry's, or where the file is gone or no file any more.
 */
export function copyBytes(entry: Entry, source: ByteSource, target: ByteTarget): Digest {
  const digest =
    source.kind === "path" ? copyFile(entry, source.path, target) : copyMemory(entry, source, target);
  if (entry.digest !== undefined && entry.digest !== digest)
    throw changed(entry, "its bytes are not those that were hashed before");
  return digest;
}

/** Digest of a file's bytes. Throws `SOURCE_CHANGED` like `copyBytes`. */
export function hashFile(entry: Entry, path: string): Digest {
  const content = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(entry.size, 1)));
  withFile(entry, path, (fd) => {
    for (let left = entry.size; left > 0; ) {
      const length = readFull(fd, chunk.subarray(0, left), entry);
      content.update(chunk.subarray(0, length));
      left -= length;
    }
  });
  return finishDigest(content);
}

function copyMemory(entry: Entry, source: ByteSource, { archive, fd }: ByteTarget): Digest {
  const bytes = source.kind === "bytes" ? source.bytes : new Uint8Array(0);
  if (bytes.length !== entry.size) throw changed(entry, `it has ${bytes.length} bytes, not ${entry.size}`);
  archive.update(bytes);
  if (fd !== undefined) writeFull(fd, bytes);
  return digestOf(bytes);
}

function copyFile(entry: Entry, path: string, target: ByteTarget): Digest {
  return withFile(entry, path, (fd) =>
    entry.size <= ONE_PIECE ? copyInOnePiece(fd, entry, target) : copyInChunks(fd, entry, target),
  );
}

function copyInOnePiece(fd: number, entry: Entry, target: ByteTarget): Digest {
  const bytes = target.archive.room(entry.size);
  readFull(fd, bytes, entry);
  target.archive.commit(entry.size);
  if (target.fd !== undefined) writeFull(target.fd, bytes);
  return `sha256:${hash("sha256", bytes, "hex")}`;
}

function copyInChunks(fd: number, entry: Entry, target: ByteTarget): Digest {
  const content = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let left = entry.size; left > 0; ) {
    const bytes = chunk.subarray(0, readFull(fd, chunk.subarray(0, left), entry));
    content.update(bytes);
    target.archive.update(bytes);
    if (target.fd !== undefined) writeFull(target.fd, bytes);
    left -= bytes.length;
  }
  return finishDigest(content);
}

function withFile<T>(entry: Entry, path: string, use: (fd: number) => T): T {
  const fd = openSource(entry, path);
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) throw changed(entry, "it is no regular file any more");
    if (stat.size !== entry.size) throw changed(entry, `it has ${stat.size} bytes, not ${entry.size}`);
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function openSource(entry: Entry, path: string): number {
  try {
    return fs.openSync(fsPath(path), READ_FLAGS);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(systemErrorCode(error) ?? "")) throw error;
    throw changed(entry, "it is not there any more", error);
  }
}

/** Fills `target` to its end. */
function readFull(fd: number, target: Buffer, entry: Entry): number {
  for (let have = 0; have < target.length; ) {
    const length = fs.readSync(fd, target, have, target.length - have, null);
    if (length === 0) throw changed(entry, "it became shorter");
    have += length;
  }
  return target.length;
}

/** `write` may take less than it is given. `position`: where in the file; default is where the last write ended. */
export function writeFull(fd: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    done += fs.writeSync(fd, bytes, done, bytes.length - done, at);
  }
}

function changed(entry: Entry, how: string, cause?: unknown): SlipwayError<"SOURCE_CHANGED"> {
  return new SlipwayError(
    "SOURCE_CHANGED",
    `"${printableName(entry.path)}" changed while it was read: ${how}`,
    {
      hint: "start the build again when nothing writes to that file",
      facts: { path: entry.path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
