import { ByteWriter } from "../core/byte-writer.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import { type FileStat, STAMP_BYTES, writeStamp } from "./stat-index-codec.ts";

const VERSION = 2;
const LENGTH_BYTES = 4;

/** What a sighting takes for each path beside the path itself. */
export const SIGHTING_BYTES = STAMP_BYTES + LENGTH_BYTES;

/**
 * Everything that was looked at in a folder, with the stamp that it had. Where all of it is as it was, whatever followed from it is, too:
 * bytes of files at rest by their stats (see `StatIndex`), names in a folder by the folder's own.
 */
export type Sighting = Iterable<readonly [path: string, stamp: Uint8Array]>;

/**
 * Version, then `frame`, which is what else decides what is seen (the folder and its ignore rules), with its length in front; then for
 * each path a stamp, zeros where nothing was there, the length of the path, and the path. `expected`: about how many bytes they take.
 */
export function encodeSighting(
  frame: string,
  seen: Iterable<readonly [path: string, stat: FileStat | undefined]>,
  expected = 0,
): Uint8Array {
  const head = Buffer.from(frame);
  const out = new ByteWriter(expected + head.length + 2 * LENGTH_BYTES);
  out.uint32(VERSION);
  out.uint32(head.length);
  out.bytes(head);
  const stamp = Buffer.alloc(STAMP_BYTES);
  for (const [path, stat] of seen) {
    setStamp(stamp, stat);
    out.bytes(stamp);
    const name = encodeName(path);
    out.uint32(name.length);
    out.bytes(name);
  }
  return out.view();
}

/** Undefined for one of another frame or version. */
export function decodeSighting(bytes: Uint8Array, frame: string): Sighting | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 2 * LENGTH_BYTES || buffer.readUInt32LE(0) !== VERSION) return undefined;
  const end = 2 * LENGTH_BYTES + buffer.readUInt32LE(LENGTH_BYTES);
  return buffer.toString("utf8", 2 * LENGTH_BYTES, end) === frame ? pathsOf(buffer.subarray(end)) : undefined;
}

/** Whether all of it is still so; `statOf` looks at a path. */
export function isAsSeen(sighting: Sighting, statOf: (path: string) => FileStat | undefined): boolean {
  const now = Buffer.alloc(STAMP_BYTES);
  for (const [path, before] of sighting) {
    setStamp(now, statOf(path));
    if (now.compare(before) !== 0) return false;
  }
  return true;
}

function setStamp(stamp: Buffer, stat: FileStat | undefined): void {
  if (stat) writeStamp(stat, stamp);
  else stamp.fill(0);
}

function pathsOf(seen: Buffer): Sighting {
  return {
    *[Symbol.iterator]() {
      for (let at = 0; at < seen.length; ) {
        const nameAt = at + STAMP_BYTES + LENGTH_BYTES;
        const end = nameAt + seen.readUInt32LE(at + STAMP_BYTES);
        yield [decodeName(seen.subarray(nameAt, end)), seen.subarray(at, at + STAMP_BYTES)] as const;
        at = end;
      }
    },
  };
}
