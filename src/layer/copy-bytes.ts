import { createHash, hash } from "node:crypto";
import * as fs from "node:fs";
import { type Digest, digestOf, finishDigest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ArchiveHash } from "./archive-hash.ts";
import type { ByteSource } from "./change.ts";
import { checkSource, openSource, readFull, sourceChanged } from "./source-file.ts";

/** Files up to this size are read in one piece, into the window of the archive's hash. */
const ONE_PIECE = 256 * 1024;
const CHUNK = 1024 * 1024;

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
    throw sourceChanged(entry, "its bytes are not those that were hashed before");
  return digest;
}

/** Digest of a file's bytes. Throws `SOURCE_CHANGED` like `copyBytes`. */
export function hashFile(entry: Entry, path: string): Digest {
  const content = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(entry.size, 1)));
  withFile(entry, path, (fd) => {
    for (let left = entry.size; left > 0; ) {
      const bytes = chunk.subarray(0, left);
      readFull(fd, bytes, entry);
      content.update(bytes);
      left -= bytes.length;
    }
  });
  return finishDigest(content);
}

function copyMemory(entry: Entry, source: ByteSource, { archive, fd }: ByteTarget): Digest {
  const bytes = source.kind === "bytes" ? source.bytes : new Uint8Array(0);
  if (bytes.length !== entry.size)
    throw sourceChanged(entry, `it has ${bytes.length} bytes, not ${entry.size}`);
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
    const bytes = chunk.subarray(0, left);
    readFull(fd, bytes, entry);
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
    checkSource(entry, fs.fstatSync(fd));
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** `write` may take less than it is given. `position`: where in the file; default is where the last write ended. */
export function writeFull(fd: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    done += fs.writeSync(fd, bytes, done, bytes.length - done, at);
  }
}
