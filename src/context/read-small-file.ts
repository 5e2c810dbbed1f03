import { closeSync, type Stats } from "node:fs";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { openAtOnce, readOpened } from "./read-bounded.ts";

/** What is at a path that should hold a small file. `other` is a folder, a device or, unless asked for, a pipe: `what` says it to people. */
export type SmallFile =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "other"; readonly what: string }
  | { readonly kind: "missing" | "too-large" };

export interface ReadSmallOptions {
  /** Bytes; a longer file is not read. */
  readonly limit: number;
  /** Wait for the writer of a pipe, as for `--file <(generate)`. Otherwise a pipe is not read, so nothing can hang. */
  readonly allowPipe?: boolean;
  /** Ends that waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Reads a whole small file, following links. Throws `PERMISSION_DENIED`, `CANCELLED`. */
export async function readSmallFile(path: string, options: ReadSmallOptions): Promise<SmallFile> {
  try {
    const opened = openAtOnce(path);
    const { fd, stats } = opened;
    if (!stats.isFile() && !(options.allowPipe && stats.isFIFO())) {
      closeSync(fd);
      return { kind: "other", what: kindOf(stats) };
    }
    const bytes = await readOpened(opened, options);
    return bytes.length > options.limit ? { kind: "too-large" } : { kind: "bytes", bytes };
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(code))
      return { kind: "missing" };
    if (code === "ENXIO") return { kind: "other", what: "a socket" };
    throw describeSystemError(error, `reading "${printableName(path)}"`);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe" : "a device";
}
