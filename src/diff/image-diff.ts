import type { Digest } from "../core/digest.ts";
import type { EntryType } from "../core/file-tree.ts";

export type ChangeKind = "added" | "removed" | "changed";

/** One of the two images. */
export interface ImageFacts {
  readonly name: string;
  /** Digest of the config. */
  readonly id: Digest;
  readonly manifest: Digest;
  /** `os/arch[/variant]` */
  readonly platform: string;
  /** Bytes of all layers, hidden files included, as `slipway images` counts them. */
  readonly size: number;
}

/** A difference between two configurations. */
export interface ConfigChange {
  readonly kind: ChangeKind;
  /** As the config calls it (`Env`, `Cmd`, …), or `Platform`, `Author`, `Created`, `Annotations`. */
  readonly field: string;
  /** Which variable, label, port, volume, annotation or part of the health check. */
  readonly key?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A step that only one of the histories has. */
export interface HistoryChange {
  readonly kind: "added" | "removed";
  readonly createdBy: string;
  readonly comment?: string;
  /** Bytes of its layer; absent for a step without one. */
  readonly size?: number;
}

export interface LayerFacts {
  readonly diffId: Digest;
  readonly size: number;
  /** Whether the other image has it, too. */
  readonly isShared: boolean;
}

export const FILE_FIELDS = [
  "type",
  "mode",
  "owner",
  "content",
  "linkTarget",
  "device",
  "capabilities",
  "xattrs",
  "mtime",
] as const;
export type FileField = (typeof FILE_FIELDS)[number];

/** What is compared of a path. */
export interface FileFacts {
  readonly type: Exclude<EntryType, "whiteout">;
  /** Octal digits, four at least: `0644`, `4755`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file, else 0. */
  readonly size: number;
  /** Of a file's bytes. */
  readonly digest?: Digest;
  readonly linkTarget?: string;
  /** `major:minor` */
  readonly device?: string;
  /** As `getcap` writes them. */
  readonly capabilities?: string;
  /** Other extended attributes; values in hexadecimal digits. */
  readonly xattrs?: Readonly<Record<string, string>>;
  /** Seconds since the epoch; only where times are compared. */
  readonly mtime?: number;
}

export interface FileChange {
  readonly kind: ChangeKind;
  /** Absolute. */
  readonly path: string;
  /** What is different, of a path that both have; empty otherwise. */
  readonly fields: readonly FileField[];
  readonly before?: FileFacts;
  readonly after?: FileFacts;
}

/** Paths of one kind of change, and the bytes of their files in either image. */
export interface FileCount {
  readonly paths: number;
  readonly before: number;
  readonly after: number;
}

/** The difference of a file's text, or why it is not shown. */
export interface FilePatch {
  readonly path: string;
  /** In unified form. */
  readonly text?: string;
  readonly reason?: "binary" | "too large";
}

/** What two images have different. Plain data; `version` changes when members change their meaning or go. */
export interface ImageDiff {
  readonly version: 1;
  readonly before: ImageFacts;
  readonly after: ImageFacts;
  /** Whether configuration, history or files differ, as far as they were compared. Layers alone do not count. */
  readonly differs: boolean;
  /** Absent where only files were compared. */
  readonly config?: readonly ConfigChange[];
  readonly history?: readonly HistoryChange[];
  readonly layers: { readonly before: readonly LayerFacts[]; readonly after: readonly LayerFacts[] };
  /** In path order; absent where only configurations were compared. */
  readonly files?: readonly FileChange[];
  readonly counts?: Readonly<Record<ChangeKind, FileCount>>;
  /** Only where contents were asked for. */
  readonly patches?: readonly FilePatch[];
}
