import { createHash } from "node:crypto";

/** What one builder made of a case, in a form that two builders can be compared by. Nothing in it names this machine. */
export interface Observation {
  readonly outcome: "success" | "failure";
  readonly failure?: Failure;
  readonly images?: readonly ObservedImage[];
  /** The files of a `tar` or `local` output. */
  readonly files?: readonly Entry[];
  /** The answer of a sub-request: parsed where it is JSON. */
  readonly answer?: unknown;
}

export interface Failure {
  /** The error without what all errors of the builder begin with. */
  readonly cause: string;
  /** Lines of the Dockerfile that are marked as being in error. */
  readonly lines: readonly number[];
  /** Everything the builder said, for people. */
  readonly text: string;
}

export interface ObservedImage {
  readonly platform: string;
  /** The whole image config but for `history` and `rootfs`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly history: readonly unknown[];
  readonly layers: readonly ObservedLayer[];
  /** Digests of the documents as they are, byte by byte. */
  readonly documents: { readonly manifest: string; readonly config: string };
}

export interface ObservedLayer {
  readonly diffId: string;
  /** Missing for a layer of a base, which is the same by its diff ID. */
  readonly entries?: readonly Entry[];
}

export type EntryType = "file" | "directory" | "symlink" | "hardlink" | "char" | "block" | "fifo" | "other";

export interface Entry {
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly sha256?: string;
  /** The content where it is short text. */
  readonly text?: string;
  readonly target?: string;
  readonly device?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
  /** Seconds since 1970, or `now` for a time since the build began. */
  readonly mtime: number | "now";
}

const DAY = 86_400;

/**
 * A time is `now` where it says when something was built. A builder may have kept a checkout of a git repository since an earlier
 * run, so all of the year before counts; files of cases have times that are far away.
 */
export function observedTime(seconds: number, started: number): number | "now" {
  return seconds >= started - 365 * DAY && seconds <= started + DAY ? "now" : seconds;
}

const SHORT = 80;

/** What is observed of a file's content. */
export function observedContent(bytes: Buffer): Pick<Entry, "size" | "sha256" | "text"> {
  const text = bytes.toString("utf8");
  const isShortText = bytes.length <= SHORT && /^[\t\n\r\x20-\x7e\u00a0-\ufffc]*$/.test(text);
  return {
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    ...(isShortText ? { text } : {}),
  };
}
