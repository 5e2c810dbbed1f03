import type { DecidingRule } from "../context/ignore-rules.ts";
import type { Digest } from "../core/digest.ts";
import type { Entry, ReadableTree } from "../core/file-tree.ts";
import type { FileWitness } from "../layer/change.ts";

/** A file tree that a step reads from: a stage, an image or a build context. */
export interface SourceTree extends ReadableTree {
  /** For messages: `context`, `stage build`, `image debian:bookworm`. */
  readonly name: string;
  /** Makes the bytes of these files available to `locate` (a layer may have to be fetched or unpacked first). */
  prepare(paths: Iterable<string>): Promise<void>;
  /** Identity of the inode behind a file that has several names in one layer; undefined otherwise. */
  linkIdentity(entry: Entry): string | undefined;
  /** Of a build context: the digest of a file, where it need not be read for it. Elsewhere all digests are known. */
  knownDigest?(path: string): Digest | undefined;
  /** Of a build context: reads the files whose digest is not known; then `knownDigest` knows the digest of all of these. */
  read?(paths: Iterable<string>): Promise<void>;
  /** Of a build context: who knows the file by its stat, and learns its digest from whoever reads it. */
  witness?(path: string): FileWitness;
  /** Of a build context: everything that was looked at in it, where a later change of that is sure to show. */
  sighting?(earlier?: Uint8Array): Uint8Array | undefined;
  /** Of a build context: whether everything that a sighting has is as it was. */
  isAsSeen?(sighting: Uint8Array): boolean;
  /** Of a build context: the ignore rule that hides a path which is there. */
  hiddenBy?(path: string): DecidingRule | undefined;
}
