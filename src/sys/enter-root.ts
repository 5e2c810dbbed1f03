import { SlipwayError } from "../core/errors.ts";
import { nativeFunction } from "./native-function.ts";

/**
 * Makes a folder the root of this process (chroot(2)): from now on no path, and no link on the way, leads out of it. Throws
 * `SYSTEM_UNSUPPORTED`.
 */
export function enterRoot(path: string): void {
  const chroot = nativeFunction("chroot", "int", ["void *"]);
  if (chroot?.(Buffer.from(`${path}\0`)) !== 0)
    throw new SlipwayError("SYSTEM_UNSUPPORTED", "the files of the container cannot be entered", {
      hint: "this needs root, or a user namespace",
    });
  process.chdir("/");
}
