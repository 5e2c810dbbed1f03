import { lstatSync, readdirSync } from "node:fs";
import { decodeName, fsPath } from "../core/file-name.ts";

/** Up to this much work takes less time than waking a thread. */
export const LITTLE = { changes: 64, bytes: 4 * 1024 * 1024 };

export function isLittle(changes: number, bytes: number): boolean {
  return changes <= LITTLE.changes && bytes <= LITTLE.bytes;
}

/** Whether a directory holds no more than that, at any depth. Looks at no more of it than it takes to tell. */
export function holdsLittle(directory: string): boolean {
  const sum = { changes: 0, bytes: 0 };
  const isWithin = (path: string): boolean => {
    for (const entry of readdirSync(fsPath(path), { withFileTypes: true, encoding: "buffer" })) {
      sum.changes += 1;
      const child = `${path}/${decodeName(entry.name)}`;
      if (entry.isFile()) sum.bytes += lstatSync(fsPath(child)).size;
      if (!isLittle(sum.changes, sum.bytes)) return false;
      if (entry.isDirectory() && !isWithin(child)) return false;
    }
    return true;
  };
  return isWithin(directory);
}
