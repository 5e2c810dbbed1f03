import type { Entry, ReadableTree } from "../core/file-tree.ts";

/** A file tree that a step reads from: a stage, an image or a build context. */
export interface SourceTree extends ReadableTree {
  /** For messages: `context`, `stage build`, `image debian:bookworm`. */
  readonly name: string;
  /** Makes the bytes of these files available to `locate` (a layer may have to be fetched or unpacked first). */
  prepare(paths: readonly string[]): Promise<void>;
  /** Identity of the inode behind a file that has several names in one layer; undefined otherwise. */
  linkIdentity(entry: Entry): string | undefined;
  /** Why a path is not there: an ignore rule, a similar name. */
  explainMissing?(path: string): string | undefined;
}
