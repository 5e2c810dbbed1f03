import { lstat, readdir } from "node:fs/promises";
import { systemErrorCode } from "../core/errors.ts";

/** Entries of one directory looked at together. */
const BATCH = 64;

/**
 * Sizes of all files below a path, or of the file itself. Never follows a link. Names need not be UTF-8. What cannot be read or
 * vanishes meanwhile counts nothing; with `strict` the system's errors are thrown: `EACCES` where the user may not look into a folder.
 */
export async function treeBytes(
  path: string | Buffer,
  options: { readonly strict?: boolean } = {},
): Promise<number> {
  try {
    const stat = await lstat(path);
    if (!stat.isDirectory()) return stat.isFile() ? stat.size : 0;
    const names = await readdir(path, { encoding: "buffer" });
    let sum = 0;
    for (let i = 0; i < names.length; i += BATCH) {
      const sizes = names.slice(i, i + BATCH).map((name) => treeBytes(child(path, name), options));
      for (const size of await Promise.all(sizes)) sum += size;
    }
    return sum;
  } catch (error) {
    if (options.strict && systemErrorCode(error) !== "ENOENT") throw error;
    return 0;
  }
}

function child(path: string | Buffer, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(path as string), Buffer.from("/"), name]);
}
