import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

/** Large enough that the calls do not count, small enough for several at once. Bytes. */
const CHUNK = 1 << 20;

/** The rest of a file, from where it is read. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Writes a whole chunk; a single write may take fewer bytes than it is given. */
export async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

/** A running sha256 over the rest of a file, and how many bytes that was. */
export async function hashFile(file: FileHandle): Promise<{ readonly hash: Hash; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunksOf(file)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { hash, size };
}
