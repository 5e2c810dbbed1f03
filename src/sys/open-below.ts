import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { fsPath } from "../core/file-name.ts";
import { READ_FLAGS } from "./open-without-links.ts";

/** Only says which file a name stands for (open(2), O_PATH): no link is followed, and no device feels it. */
const NAME_FLAGS = 0o10000000 | (constants.O_NOFOLLOW ?? 0);
const FOLDER_FLAGS = NAME_FLAGS | (constants.O_DIRECTORY ?? 0);

/**
 * Opens a regular file to read it, by a path below a folder of which no component is a link. The folder itself may be one, such as the
 * root of another process. Where a container put a link on the way, it is `ENOTDIR` or `ELOOP`; undefined for what is no regular file.
 */
export function openBelow(root: string, path: string): number | undefined {
  const names = path.split("/").filter((name) => name !== "");
  let at = openSync(fsPath(root), constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    for (const [i, name] of names.entries()) {
      const flags = i === names.length - 1 ? NAME_FLAGS : FOLDER_FLAGS;
      const next = openSync(fsPath(`/proc/self/fd/${at}/${name}`), flags);
      closeSync(at);
      at = next;
    }
    // Opened anew by its descriptor, it is the file that was looked at.
    return fstatSync(at).isFile()
      ? openSync(`/proc/self/fd/${at}`, READ_FLAGS & ~constants.O_NOFOLLOW)
      : undefined;
  } finally {
    closeSync(at);
  }
}
