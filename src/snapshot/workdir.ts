import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { FileTree } from "../core/file-tree.ts";
import { parentOf, resolvePath } from "../layer/resolve.ts";
import { KERNEL_DIRECTORIES } from "./stubs.ts";

/** The working directory of a process, resolved inside the image. */
export interface Workdir {
  /** Absolute, no link of the image in it. */
  readonly path: string;
  /** Directories to create first, parents before children, absolute; they become part of the layer (SPEC RN-05). */
  readonly missing: readonly string[];
}

/**
 * Resolves a working directory. Below `mounted` (resolved, absolute mount targets) nothing is known and nothing is created.
 * Throws `SNAPSHOT_FAILED` where it is no directory, or where it leads into a process's own entry under /proc: there a
 * descriptor that a runtime leaked would open the host (CVE-2024-21626).
 */
export function planWorkdir(tree: FileTree, cwd: string, mounted: readonly string[] = []): Workdir {
  const { path } = resolvePath(tree, cwd, { followLast: true });
  if (/^proc\/(self|thread-self|\d+)(\/|$)/.test(path))
    throw refused(cwd, "it leads into a process of /proc");
  const missing: string[] = [];
  for (let at = path; at !== ""; at = parentOf(at)) {
    if (KERNEL_DIRECTORIES.includes(at) || mounted.includes(`/${at}`))
      return { path: `/${path}`, missing: [] };
    const found = tree.lookup(at);
    if (!found) missing.unshift(`/${at}`);
    else if (found.type !== "dir") throw refused(cwd, `"${printableName(at)}" is not a directory`);
  }
  return { path: `/${path}`, missing };
}

function refused(cwd: string, why: string): SlipwayError<"SNAPSHOT_FAILED"> {
  return new SlipwayError(
    "SNAPSHOT_FAILED",
    `"${printableName(cwd)}" cannot be the working directory: ${why}`,
    { facts: { path: cwd } },
  );
}
