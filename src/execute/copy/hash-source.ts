import { createHash } from "node:crypto";
import { closeSync, fstatSync } from "node:fs";
import { TimeSlices } from "../../context/time-slices.ts";
import { type Digest, finishDigest } from "../../core/digest.ts";
import type { Entry } from "../../core/file-tree.ts";
import { checkSource, openSource, readFull } from "../../layer/source-file.ts";

const CHUNK = 1024 * 1024;

/** Digest of the bytes of a file, however large. Throws `SOURCE_CHANGED` where it is not what the entry says, and `CANCELLED`. */
export async function hashSource(entry: Entry, path: string, signal: AbortSignal): Promise<Digest> {
  const content = createHash("sha256");
  const slices = new TimeSlices(signal);
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(entry.size, 1)));
  const fd = openSource(entry, path);
  try {
    checkSource(entry, fstatSync(fd));
    for (let left = entry.size; left > 0; ) {
      const bytes = chunk.subarray(0, left);
      readFull(fd, bytes, entry);
      content.update(bytes);
      left -= bytes.length;
      if (slices.isOver) await slices.pause();
    }
    return finishDigest(content);
  } finally {
    closeSync(fd);
  }
}
