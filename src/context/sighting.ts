import { deserialize, serialize } from "node:v8";
import { ByteWriter } from "../core/byte-writer.ts";
import { decodeName, encodeName } from "../core/file-name.ts";
import { type FileStat, STAMP_BYTES, writeStamp } from "./stat-index-codec.ts";

const VERSION = 2;
const LENGTH_BYTES = 4;

interface Kept {
  readonly version: number;
  /** What else decides what is seen: the folder and its ignore rules. */
  readonly frame: string;
  /** For each path a stamp, zeros where nothing was there; the length of the path; the path. */
  readonly seen: Uint8Array;
}

/**
 * Everything that was looked at in a folder, with the stamp that it had. Where all of it is as it was, whatever followed from it is, too:
 * bytes of files at rest by their stats (see `StatIndex`), names in a folder by the folder's own.
 */
export type Sighting = Iterable<readonly [path: string, stamp: Uint8Array]>;

export function encodeSighting(
  frame: string,
  seen: Iterable<readonly [path: string, stat: FileStat | undefined]>,
): Uint8Array {
  const out = new ByteWriter();
  const stamp = Buffer.alloc(STAMP_BYTES);
  for (const [path, stat] of seen) {
    setStamp(stamp, stat);
    out.bytes(stamp);
    const name = encodeName(path);
    out.uint32(name.length);
    out.bytes(name);
  }
  return serialize({ version: VERSION, frame, seen: out.view() } satisfies Kept);
}

/** Undefined for one of another frame or version. */
export function decodeSighting(bytes: Uint8Array, frame: string): Sighting | undefined {
  const kept = deserialize(bytes) as Kept;
  return kept.version === VERSION && kept.frame === frame ? pathsOf(kept.seen) : undefined;
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

function pathsOf(bytes: Uint8Array): Sighting {
  const seen = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
