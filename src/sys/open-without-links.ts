import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import { hasLibc, libc } from "./libc.ts";

/** Flags to read a file by: its last component is no link, and a fifo that it may have become is not waited for. */
export const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

let isMissing = false;

/**
 * Opens a file to read it, by a real path of which no component may have become a link since: then it is `ELOOP`, as for other
 * failures with Node's kind of error. Nobody can lead the reader elsewhere by exchanging a folder.
 */
export function openWithoutLinks(path: string): number {
  if (!isMissing && hasLibc()) {
    try {
      return libc().openWithoutLinks(path, READ_FLAGS);
    } catch (error) {
      // A filter that does not know the call answers EPERM; for files that is EACCES.
      if (!["ENOSYS", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
      isMissing = true;
    }
  }
  return openAndAsk(path);
}

/** By path, and then the kernel is asked where that was. */
function openAndAsk(path: string): number {
  const fd = openSync(fsPath(path), READ_FLAGS);
  if (process.platform !== "linux") return fd;
  const found = readlinkSync(`/proc/self/fd/${fd}`, { encoding: "buffer" });
  if (found.equals(Buffer.from(fsPath(path)))) return fd;
  closeSync(fd);
  throw Object.assign(new Error(`ELOOP: open '${path}'`), { code: "ELOOP", syscall: "open", path });
}
