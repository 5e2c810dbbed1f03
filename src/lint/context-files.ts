import type { FileTree } from "../core/file-tree.ts";

/** The build context as rules look at it: a rule asks for what it needs, nothing is read ahead. */
export interface ContextFiles {
  /** Ignored paths do not exist in it; what cannot be read does not, either. */
  readonly tree: FileTree;
  /** Whether an ignore file is in force. `not-used`: the context is none that has one. */
  readonly ignoreFile: "in-force" | "missing" | "not-used";
  /** The bytes of a file as text; undefined where it is no file, cannot be read, or is large. */
  readonly text: (path: string) => string | undefined;
  /** The first 512 bytes of a file, one character for each; undefined where it is no file, or cannot be read. */
  readonly head: (path: string) => string | undefined;
}
