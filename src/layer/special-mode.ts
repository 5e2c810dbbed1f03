import type { Entry } from "../core/file-tree.ts";

export const SETUID = 0o4000;
export const SETGID = 0o2000;
export const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;

type Mode = Pick<Entry, "type" | "mode">;

/** A program that runs with its owner's rights, as `find -type f -perm -4000` finds them. */
export function isSetuidFile({ type, mode }: Mode): boolean {
  return type === "file" && (mode & SETUID) !== 0;
}

/** A program that runs with its group's rights (`find -type f -perm -2000`). */
export function isSetgidFile({ type, mode }: Mode): boolean {
  return type === "file" && (mode & SETGID) !== 0;
}

/** What everybody may write to. A sticky directory protects what is in it; links and devices have modes that mean something else. */
export function isWorldWritable({ type, mode }: Mode): boolean {
  if ((mode & OTHERS_WRITE) === 0) return false;
  if (type === "dir") return (mode & STICKY) === 0;
  return type === "file" || type === "fifo";
}
