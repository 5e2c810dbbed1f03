import { lstatSync } from "node:fs";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import { staysWithin } from "./find-contract.ts";
import { readSmallFile } from "./read-small-file.ts";

/** A lock as it lies beside a Dockerfile. */
export interface LockFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

export interface FindLockOptions {
  readonly path: string;
  /** For messages. */
  readonly name: string;
  /** Bytes; of a longer one there is a text that is too long as well. */
  readonly limit: number;
  /** For contexts from elsewhere: no link may lead out of this folder. */
  readonly within?: string;
}

/** The lock of a Dockerfile lies beside it and is called after it. */
export function lockName(dockerfile: string): string {
  return `${dockerfile}.lock`;
}

/**
 * A lock; undefined where nothing has its name. What has the name and cannot be read is never taken for no lock, which would build what nobody
 * has locked. Throws `LOCK_INVALID`, `PERMISSION_DENIED`.
 */
export async function findLock({
  path,
  name,
  limit,
  within,
}: FindLockOptions): Promise<LockFile | undefined> {
  const shown = printableName(name);
  if (!isThere(path)) return undefined;
  if (within !== undefined && !staysWithin(within, path))
    throw unreadableLock(shown, "it is a link that leads to no file of the context");
  const found = await readSmallFile(path, { limit });
  if (found.kind === "missing") throw unreadableLock(shown, "it is a link that leads to no file");
  if (found.kind === "other") throw unreadableLock(shown, `it is ${found.what}`);
  return { name: shown, text: found.kind === "bytes" ? found.bytes.toString("utf8") : " ".repeat(limit + 1) };
}

/** A lock that has its place, but is no file there. `name` is printable. */
export function unreadableLock(name: string, why: string): SlipwayError<"LOCK_INVALID"> {
  return new SlipwayError("LOCK_INVALID", `cannot read the lock ${name}: ${why}`, {
    hint: "put a file in its place, or remove it; build --no-lock leaves it alone",
  });
}

/** Whether anything has the name, be it a link to nothing or to itself. */
function isThere(path: string): boolean {
  try {
    return lstatSync(fsPath(path), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return systemErrorCode(error) === "ELOOP";
  }
}
