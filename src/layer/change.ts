import type { BigIntStats } from "node:fs";
import type { Digest } from "../core/digest.ts";
import type { Entry } from "./entry.ts";

/** Somebody who knows a file of this machine by its stat, and wants to know more. */
export interface FileWitness {
  /** Opens the file where it is, and not where a folder that was exchanged for a link leads to. Errors as `fs.openSync` has them. */
  open(): number;
  /** Tells whether a file with this stat still holds the bytes of its entry's digest: then they need not be hashed again. */
  isUnchanged(stat: BigIntStats): boolean;
  /** Told the digest of a file that was read; `stat` was the same before and after, `readAt` (ms since the epoch) is from before. */
  wasRead(digest: Digest, stat: BigIntStats, readAt: number): void;
}

/** Where the bytes of a file in a new layer come from. */
export type ByteSource =
  | { readonly kind: "none" }
  /** A file of this machine, read without following a link in its last component. */
  | { readonly kind: "path"; readonly path: string; readonly witness?: FileWitness | undefined }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** One entry of a layer that is about to be made. */
export interface Change {
  readonly entry: Entry;
  readonly bytes: ByteSource;
}

/** Changes that can be gone through any number of times; there may be a hundred thousand, so that they had better not be kept. */
export interface ChangeList extends Iterable<Change> {
  readonly length: number;
}
