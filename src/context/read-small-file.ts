import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";

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
}

/** Reads a whole small file, following links. Throws `PERMISSION_DENIED`. */
export async function readSmallFile(path: string, options: ReadSmallOptions): Promise<SmallFile> {
  const flags = constants.O_RDONLY | (options.allowPipe ? 0 : constants.O_NONBLOCK);
  let handle: FileHandle | undefined;
  try {
    handle = await open(fsPath(path), flags);
    const stats = await handle.stat();
    if (!stats.isFile() && !(options.allowPipe && stats.isFIFO()))
      return { kind: "other", what: kindOf(stats) };
    return await readUpTo(handle, options.limit);
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(code))
      return { kind: "missing" };
    if (code === "ENXIO") return { kind: "other", what: "a socket" };
    throw describeSystemError(error, `reading "${printableName(path)}"`);
  } finally {
    await handle?.close();
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe" : "a device";
}

async function readUpTo(handle: FileHandle, limit: number): Promise<SmallFile> {
  const pieces: Buffer[] = [];
  let total = 0;
  for (;;) {
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.allocUnsafe(64 * 1024),
      position: null,
    });
    if (bytesRead === 0) return { kind: "bytes", bytes: Buffer.concat(pieces) };
    total += bytesRead;
    if (total > limit) return { kind: "too-large" };
    pieces.push(buffer.subarray(0, bytesRead));
  }
}
