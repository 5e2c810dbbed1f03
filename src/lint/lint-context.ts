import type { ReadableTree } from "../core/file-tree.ts";

/** The build context as rules look at it. */
export interface LintContext {
  readonly tree: ReadableTree;
  /** The name of the ignore file in force; undefined where there is none. */
  readonly ignoreFile: string | undefined;
  /** Ignore files count for folders of this machine only. */
  readonly isLocal: boolean;
  /** Reads the beginning of a file, at most so many bytes; undefined where it cannot be read. */
  readonly head: (path: string, bytes: number) => Uint8Array | undefined;
}
