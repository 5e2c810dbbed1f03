import type { DecidingRule } from "../context/ignore-rules.ts";
import type { Entry, ReadableTree } from "../core/file-tree.ts";

/** A file tree that a step reads from: a stage, an image or a build context. */
export interface SourceTree extends ReadableTree {
  /** For messages: `context`, `stage build`, `image debian:bookworm`. */
  readonly name: string;
  /** Makes the bytes of these files available to `locate` (a layer may have to be fetched or unpacked first). */
  prepare(paths: readonly string[]): Promise<void>;
  /** Identity of the inode behind a file that has several names in one layer; undefined otherwise. */
  linkIdentity(entry: Entry): string | undefined;
  /** Of a build context: the ignore rule that hides a path which is there. */
  hiddenBy?(path: string): DecidingRule | undefined;
}
