import type { Digest } from "./digest.ts";

export type EntryType = "file" | "dir" | "symlink" | "char" | "block" | "fifo" | "whiteout";

/**
 * One path of a layer, or of any file tree. Frozen data; nothing refers to where the bytes are.
 * `path` is relative to the root, `/`-separated, no leading or trailing slash, no `.` or `..`; the root itself is `""`.
 */
export interface Entry {
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky (0 to 0o7777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file; 0 for everything else. */
  readonly size: number;
  /** Whole seconds since the epoch (may be negative). */
  readonly mtime: number;
  /** 0 to 999,999,999; not part of an archive (SPEC LT-03) but kept in snapshots. */
  readonly mtimeNs: number;
  /** sha256 of a file's bytes. Absent only in trees that have not been read yet (a build context). */
  readonly digest?: Digest;
  /** Target text of a symlink, verbatim. */
  readonly linkTarget?: string;
  /** For a further name of something in the same layer that is no directory: the first name. size and digest are the first name's. */
  readonly hardLink?: string;
  /** Extended attributes by name; only `security.capability` leaves in archives made here (SPEC LT-05). */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
  readonly devMajor?: number;
  readonly devMinor?: number;
  /** A directory that hides everything below it in lower layers (OCI `.wh..wh..opq`). */
  readonly opaque?: boolean;
}

/**
 * The entry with this digest. The new property stands in front: behind a copy V8 would make a hidden class anew for every single
 * object, which takes ten times as long and fills the old generation.
 */
export function withDigest(entry: Entry, digest: Digest): Entry {
  return entry.digest === undefined ? { digest, ...entry } : { ...entry, digest };
}

/** Anything that can be looked at like a file tree: a stage, an image, a build context, a git checkout. Lookups never follow links. */
export interface FileTree {
  lookup(path: string): Entry | undefined;
  /** Names directly inside a directory, in byte order; empty where `path` is no directory. */
  list(path: string): readonly string[];
}

/** A file tree whose bytes can be read. */
export interface ReadableTree extends FileTree {
  /** Host path of a file's bytes, resolved by the tree itself; never follows a link below it. Only for entries of type "file". */
  locate(path: string): string;
  /** Digests of those files, reading what is not known yet. */
  digests(paths: readonly string[]): Promise<ReadonlyMap<string, Digest>>;
}
