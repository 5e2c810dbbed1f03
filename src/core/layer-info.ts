import type { Digest } from "./digest.ts";

/** A finished layer as the rest of the program knows it. The table of contents and bytes are in the store under `diffId`. */
export interface LayerInfo {
  /** sha256 of the uncompressed archive. */
  readonly diffId: Digest;
  /** Bytes of the uncompressed archive. */
  readonly tarSize: number;
  /** Digest over the table of contents without modification times: what cache keys are made of (SPEC CK-05). */
  readonly contentDigest: Digest;
  /** Number of entries. */
  readonly entries: number;
  /** Sum of the file sizes in bytes. */
  readonly fileBytes: number;
}
