import { chmodSync, lutimesSync, rmSync } from "node:fs";
import { fsPath } from "../core/file-name.ts";
import { DiskTree } from "./disk-tree.ts";
import { TimeSlices } from "./time-slices.ts";

export interface SettleOptions {
  /** Keep `.git` at the top and the `.git` files of submodules. */
  readonly keepGitDir: boolean;
  /** Seconds since the epoch for everything; left out: times stay those of the checkout. */
  readonly mtime?: number;
}

/** Gives a checkout the modes that do not depend on the umask (SPEC AD-14), drops `.git` unless it is kept, and sets times. */
export async function settleWorktree(dir: string, options: SettleOptions): Promise<void> {
  const slices = new TimeSlices();
  for (const _ of settle(new DiskTree(dir), "", options)) if (slices.isOver) await slices.pause();
}

/** What git makes read-only, the objects of a kept `.git`, stays so. */
function settledMode(mode: number): number {
  const executable = (mode & 0o111) !== 0 ? 0o111 : 0;
  const writable = (mode & 0o200) !== 0 ? 0o200 : 0;
  return 0o444 | writable | executable;
}

/** From the leaves upwards: a change inside a folder would move the folder's time again. */
function* settle(tree: DiskTree, path: string, options: SettleOptions): Generator<undefined> {
  const hostPath = fsPath(tree.hostPath(path));
  for (const name of tree.names(path)) {
    const child = path === "" ? name : `${path}/${name}`;
    if (name === ".git" && !options.keepGitDir)
      rmSync(fsPath(tree.hostPath(child)), { recursive: true, force: true });
    else yield* settle(tree, child, options);
  }
  const entry = tree.node(path)?.entry;
  if (entry?.type === "dir") chmodSync(hostPath, 0o755);
  if (entry?.type === "file") chmodSync(hostPath, settledMode(entry.mode));
  if (options.mtime !== undefined) lutimesSync(hostPath, options.mtime, options.mtime);
  yield;
}
