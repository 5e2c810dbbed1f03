import { deserialize, serialize } from "node:v8";
import { type FileStat, STAMP_BYTES, writeStamp } from "./stat-index-codec.ts";

const VERSION = 1;

/**
 * Everything that was looked at in a folder, with the stat that it had; nothing for what was not there. Where all of it is as it was,
 * whatever followed from it is, too: bytes of files at rest by their stats (see `StatIndex`), names in a folder by the folder's own.
 */
export interface Sighting {
  readonly version: number;
  /** What else decides what is seen: the folder and its ignore rules. */
  readonly frame: string;
  readonly paths: readonly string[];
  /** One stamp for each path; zeros where nothing was there. */
  readonly stamps: Uint8Array;
}

export function encodeSighting(
  frame: string,
  nodes: ReadonlyMap<string, { readonly stat: FileStat } | undefined>,
): Uint8Array {
  const paths = [...nodes.keys()];
  const stamps = Buffer.alloc(paths.length * STAMP_BYTES);
  let at = 0;
  for (const node of nodes.values()) {
    if (node) writeStamp(node.stat, stamps, at);
    at += STAMP_BYTES;
  }
  return serialize({ version: VERSION, frame, paths, stamps } satisfies Sighting);
}

/** Undefined for one of another frame or version. */
export function decodeSighting(bytes: Uint8Array, frame: string): Sighting | undefined {
  const sighting = deserialize(bytes) as Sighting;
  return sighting.version === VERSION && sighting.frame === frame ? sighting : undefined;
}

/** Whether all of it is still so; `statOf` looks at a path. */
export function isAsSeen(
  { paths, stamps }: Sighting,
  statOf: (path: string) => FileStat | undefined,
): boolean {
  const before = Buffer.from(stamps.buffer, stamps.byteOffset, stamps.byteLength);
  const now = Buffer.alloc(STAMP_BYTES);
  return paths.every((path, i) => {
    const stat = statOf(path);
    if (stat) writeStamp(stat, now);
    else now.fill(0);
    return now.compare(before, i * STAMP_BYTES, (i + 1) * STAMP_BYTES) === 0;
  });
}
