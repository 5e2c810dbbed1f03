export type { Entry, EntryType, FileTree, ReadableTree } from "../core/file-tree.ts";
