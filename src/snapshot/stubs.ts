import { SlipwayError } from "../core/errors.ts";
import { comparePaths, printableName } from "../core/file-name.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import { parentOf, resolvePath } from "../layer/resolve.ts";

/** Something that will be mounted over `path` of the root filesystem. */
export interface MountTarget {
  /** Absolute, or relative to the root; as the Dockerfile means it, links unresolved. */
  readonly path: string;
  /** What is mounted there: a directory, or a single file. */
  readonly type: "dir" | "file";
}

/** A directory or an empty file that is missing for a mount, or a directory of the image that leads to one. */
export interface Stub {
  /** In the form of `Entry.path`. */
  readonly path: string;
  readonly type: "dir" | "file";
  /** The image's own entry, repeated so that it looks the same through the stub; undefined for what the image lacks. */
  readonly like?: Entry;
}

export interface StubPlan {
  /** Parents before what they hold. */
  readonly stubs: readonly Stub[];
  /** For each target, in the order given, its absolute path without any link of the image in it. */
  readonly resolved: readonly string[];
}

/** Directories that the runtime mounts itself; it creates mount points below them, and images must not redirect them. */
export const KERNEL_DIRECTORIES: readonly string[] = ["proc", "sys", "dev"];

/**
 * Resolves mount targets inside the image (DESIGN decision 10) and lists what is missing for them and for the kernel's own
 * directories. Targets below another target have no stub: their mount point belongs to that mount. Throws `SNAPSHOT_FAILED`
 * where a target cannot be mounted on.
 */
export function planStubs(tree: FileTree, targets: readonly MountTarget[]): StubPlan {
  refuseRedirectedKernelDirectories(tree);
  const resolved = targets.map((target) => resolvePath(tree, target.path, { followLast: true }).path);
  const covered = new Set([...resolved, ...KERNEL_DIRECTORIES]);
  const stubs = new Map<string, Stub>();
  for (const [i, target] of targets.entries()) {
    const path = resolved[i]!;
    if (path === "") throw unusable(target.path, "the root itself cannot be mounted over");
    if (isBelowAny(path, covered)) continue;
    checkType(tree.lookup(path), target);
    if (tree.lookup(path) || stubs.has(path)) continue;
    stubs.set(path, { path, type: target.type });
    addParents(tree, path, stubs);
  }
  for (const path of KERNEL_DIRECTORIES) if (!tree.lookup(path)) stubs.set(path, { path, type: "dir" });
  return {
    stubs: [...stubs.values()].sort((a, b) => comparePaths(a.path, b.path)),
    resolved: resolved.map((path) => `/${path}`),
  };
}

function addParents(tree: FileTree, path: string, stubs: Map<string, Stub>): void {
  for (let parent = parentOf(path); parent !== "" && !stubs.has(parent); parent = parentOf(parent)) {
    const like = tree.lookup(parent);
    if (like && like.type !== "dir") throw unusable(path, `"${printableName(parent)}" is not a directory`);
    stubs.set(parent, { path: parent, type: "dir", ...(like ? { like } : {}) });
  }
}

function isBelowAny(path: string, directories: ReadonlySet<string>): boolean {
  for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
    if (directories.has(parent)) return true;
  }
  return false;
}

function checkType(existing: Entry | undefined, target: MountTarget): void {
  if (!existing) return;
  if (target.type === "dir" && existing.type !== "dir") {
    throw unusable(target.path, "a directory cannot be mounted over a file");
  }
  if (target.type === "file" && existing.type === "dir") {
    throw unusable(target.path, "a file cannot be mounted over a directory");
  }
}

/** A link there would send the kernel's own file systems, and the masks over them, to a place of the image's choice. */
function refuseRedirectedKernelDirectories(tree: FileTree): void {
  for (const path of KERNEL_DIRECTORIES) {
    const entry = tree.lookup(path);
    if (entry && entry.type !== "dir")
      throw unusable(`/${path}`, "the image has something else than a directory there");
  }
}

function unusable(path: string, why: string): SlipwayError<"SNAPSHOT_FAILED"> {
  return new SlipwayError("SNAPSHOT_FAILED", `cannot mount on "${printableName(path)}": ${why}`, {
    facts: { path },
  });
}
