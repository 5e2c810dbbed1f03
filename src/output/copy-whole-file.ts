import { closeSync, constants, copyFileSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { TimeSlices } from "../context/time-slices.ts";
import { systemErrorCode } from "../core/errors.ts";

/** Files of this size and more are copied piece by piece, so that a signal does not wait for the end of one. */
const LARGE = 16 << 20;
const PIECE = 4 << 20;
/** What file systems say that cannot share the bytes of two files, or not of these two. */
const NO_CLONE = ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOSYS", "ENOTTY", "EBADF", "EPERM"];

type Path = string | Buffer;

/**
 * Copies a file to a place where nothing is; where the file system can, both share their bytes. A large file takes turns with
 * other work and is gone again where it was not copied whole. Rejects with `CANCELLED` on abort.
 */
export async function copyWholeFile(
  from: Path,
  to: Path,
  { size, signal }: { readonly size: number; readonly signal?: AbortSignal },
): Promise<void> {
  if (size < LARGE) copyFileSync(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  else if (!clone(from, to)) await copyPieces(from, to, new TimeSlices(signal));
}

function clone(from: Path, to: Path): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (!NO_CLONE.includes(systemErrorCode(error) ?? "")) throw error;
    // The attempt may have left an empty file; nothing was here before.
    rmSync(to, { force: true });
    return false;
  }
}

async function copyPieces(from: Path, to: Path, slices: TimeSlices): Promise<void> {
  const source = openSync(from, "r");
  try {
    const target = openSync(to, "wx");
    try {
      const buffer = Buffer.allocUnsafe(PIECE);
      for (let length = readSync(source, buffer); length > 0; length = readSync(source, buffer)) {
        for (let done = 0; done < length; ) done += writeSync(target, buffer, done, length - done);
        if (slices.isOver) await slices.pause();
      }
    } catch (error) {
      rmSync(to, { force: true });
      throw error;
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}
