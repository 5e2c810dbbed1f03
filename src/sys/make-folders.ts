import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorCode } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";

/**
 * Makes a folder and what is missing above it, all with `mode`; one that is there stays as it is. The path is in the form of
 * `core/file-name.ts`. Throws the system's errors. Node's own recursive mkdir never ends where the kernel answers ENOENT
 * although the folder above exists, as it does everywhere below /proc.
 */
export function makeFolders(path: string, mode = 0o777): void {
  try {
    makeFolder(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (systemErrorCode(error) !== "ENOENT" || above === path) throw error;
    makeFolders(above, mode);
    makeFolder(path, mode);
  }
}

/** Whatever the kernel objects to, a folder that is there is all that was wanted; another process may have been faster. */
function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(fsPath(path), { mode });
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(fsPath(path)).isDirectory();
  } catch {
    return false;
  }
}
