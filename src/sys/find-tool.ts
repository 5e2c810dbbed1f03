import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** Where administrators' tools live; the PATH of ordinary users often lacks these. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"];

/**
 * Absolute path of the first of `names` that is an executable file in a folder of `path` (a PATH value) or in the system
 * folders. Relative and empty PATH entries are passed over: a build context must not be able to bring its own tools.
 */
export function findTool(names: string | readonly string[], path: string): string | undefined {
  const question = JSON.stringify([names, path]);
  const known = FOUND.get(question);
  if (known !== undefined) return known;
  const found = search(names, foldersOf(path));
  if (found !== undefined) FOUND.set(question, found);
  return found;
}

/** A tool that is there stays there: each RUN step asks for six of them. */
const FOUND = new Map<string, string>();

function search(names: string | readonly string[], folders: readonly string[]): string | undefined {
  for (const name of typeof names === "string" ? [names] : names) {
    for (const folder of folders) {
      const candidate = join(folder, name);
      if (isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

/** The PATH value by which a child finds the same tools as `findTool` does. */
export function toolPath(path: string): string {
  return foldersOf(path).join(":");
}

function foldersOf(path: string): readonly string[] {
  return [...new Set([...path.split(":").filter(isAbsolute), ...SYSTEM_FOLDERS])];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
