import { printableName } from "../core/file-name.ts";
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

/** A lock; undefined where there is none. Throws `PERMISSION_DENIED`. */
export async function findLock({
  path,
  name,
  limit,
  within,
}: FindLockOptions): Promise<LockFile | undefined> {
  if (within !== undefined && !staysWithin(within, path)) return undefined;
  const found = await readSmallFile(path, { limit });
  const shown = printableName(name);
  if (found.kind === "bytes") return { name: shown, text: found.bytes.toString("utf8") };
  return found.kind === "too-large" ? { name: shown, text: " ".repeat(limit + 1) } : undefined;
}
