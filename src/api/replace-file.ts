import { randomUUID } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { SlipwayError } from "../core/errors.ts";

/** A file that somebody wrote by hand, and what it is to say from now on. */
export interface Replacement {
  readonly path: string;
  /** For messages. */
  readonly name: string;
  /** What it said when the replacement was made up. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Gives a file other bytes, whole or not at all, with the mode and owner that it has. A link is refused, and so is a file that somebody else has changed
 * meanwhile. Throws `OUTPUT_INVALID`, `SOURCE_CHANGED`.
 */
export function replaceFile({ path, name, before, after }: Replacement): void {
  const stats = lstatSync(path);
  if (!stats.isFile())
    throw new SlipwayError("OUTPUT_INVALID", `${name} is ${stats.isSymbolicLink() ? "a link" : "no file"}`, {
      hint: "name the file that it stands for",
    });
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const fd = openSync(temporary, "wx", 0o600);
    try {
      for (let at = 0; at < after.length; ) at += writeSync(fd, after, at);
      if (process.getuid?.() === 0) fchownSync(fd, stats.uid, stats.gid);
      fchmodSync(fd, stats.mode & 0o7777);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (!readFileSync(path).equals(before))
      throw new SlipwayError("SOURCE_CHANGED", `${name} was changed by somebody else`, { hint: "try again" });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (cause instanceof SlipwayError) throw cause;
    throw new SlipwayError("OUTPUT_INVALID", `cannot write ${name}: ${(cause as Error).message}`, { cause });
  }
}
