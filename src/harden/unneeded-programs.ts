import { isSlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import { LENDERS, PACKAGE_MANAGERS, programName, SHELLS } from "../image/known-programs.ts";
import { resolvePath } from "../layer/resolve.ts";
import type { KeptPaths } from "./kept-paths.ts";

/** Paths with what each is. */
export type Unneeded = ReadonlyMap<string, string>;

export interface UnneededPrograms {
  /** What the strict profile deletes. */
  readonly removed: Unneeded;
  /** What it would delete, and is to be kept. */
  readonly kept: Unneeded;
}

/** Programs that belong to a package manager: `apt-cache`, `dpkg-deb`, `rpm2cpio`. */
const MANAGER_FAMILY = /^(?:apt|dpkg|apk|rpm|dnf|yum)(?:-|\d)/;

/**
 * Shells, package managers and programs that lend root's rights, among `programs`; with them other names of the same files and links that lead to them,
 * which would be of no use any more. What is kept is not among them. The databases of package managers stay: scanners read them.
 */
export function unneededPrograms(
  programs: readonly Entry[],
  tree: ChainTree,
  kept: KeptPaths,
): UnneededPrograms {
  const unneeded = new Map<string, string>();
  const left = new Map<string, string>();
  const inodes = new Map<string, string>();
  for (const entry of programs) {
    const kind = kindOf(programName(entry.path));
    if (kind === undefined) continue;
    if (kept.has(entry.path)) {
      left.set(entry.path, kind);
      continue;
    }
    unneeded.set(entry.path, kind);
    if (entry.type === "file") inodes.set(tree.linkIdentity(entry)!, programName(entry.path));
  }
  const removed = new Set(unneeded.keys());
  for (const entry of programs) {
    if (unneeded.has(entry.path) || kept.has(entry.path)) continue;
    const other =
      entry.type === "file" ? inodes.get(tree.linkIdentity(entry)!) : target(entry, tree, removed);
    if (other !== undefined) unneeded.set(entry.path, `another name of ${other}`);
  }
  return { removed: unneeded, kept: left };
}

function kindOf(name: string): string | undefined {
  if (SHELLS.has(name)) return "shell";
  if (LENDERS.has(name)) return "lends root's rights";
  return PACKAGE_MANAGERS.has(name) || MANAGER_FAMILY.test(name) ? "package manager" : undefined;
}

/** The name of the removed file that a link leads to. */
function target({ path }: Entry, tree: ChainTree, removed: ReadonlySet<string>): string | undefined {
  try {
    const found = resolvePath(tree, path, { followLast: true });
    return removed.has(found.path) ? programName(found.path) : undefined;
  } catch (error) {
    if (isSlipwayError(error, "SYMLINK_LOOP")) return undefined;
    throw error;
  }
}
