import { posix } from "node:path";

/** Cleaned lexically, without a trailing slash; an absolute path never climbs above `/`. */
export function cleanPath(path: string): string {
  const cleaned = posix.normalize(path);
  return cleaned.length > 1 && cleaned.endsWith("/") ? cleaned.slice(0, -1) : cleaned;
}

/** `path` seen from `cwd`: absolute and clean. */
export function resolveIn(cwd: string, path: string): string {
  return cleanPath(path.startsWith("/") ? path : `/${cwd}/${path}`);
}

/** A path written as a directory: empty, `.`, or with a trailing `/` or `/.` (SPEC CP-02). */
export function isWrittenAsDirectory(path: string): boolean {
  return path === "" || path === "." || path.endsWith("/") || path.endsWith("/.");
}
