import * as fs from "node:fs";
import { join } from "node:path";
import { describeSystemError } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { parentOf } from "../layer/resolve.ts";
import { libc } from "../sys/libc.ts";
import { overlayTree } from "./copy-tree.ts";
import type { OverlayXattrPrefix } from "./overlay.ts";
import { quote, type Rootfs } from "./rootfs.ts";
import type { ShortLinks } from "./short-links.ts";
import type { Stub } from "./stubs.ts";
import { copyMetadata, writeStubs } from "./write-stubs.ts";

export interface CopyRequest {
  /** Absolute paths of snapshot directories in their native form, bottom first. */
  readonly lowers: readonly string[];
  /** An empty directory of this step. */
  readonly scratch: string;
  readonly stubs: readonly Stub[];
  readonly xattrPrefix: OverlayXattrPrefix;
  readonly root?: Entry;
  /** A place of its own for the tree, kept from an earlier run or still to be made; default one in `scratch`. */
  readonly upper?: string;
  /** As in `OverlayRequest`. */
  readonly devices?: boolean;
  readonly links?: ShortLinks;
}

/**
 * Prepares a root filesystem by copying every layer into one tree, for machines where overlayfs cannot be mounted. What the
 * process changed is found by comparing the tree with the layers' tables of contents, after `finish` has taken the mount
 * points out again (SPEC RN-10).
 */
export async function prepareCopy(request: CopyRequest): Promise<Rootfs> {
  const merged = request.upper ?? join(request.scratch, "root");
  try {
    if (!isThere(merged)) copyLayers(request, merged);
  } catch (error) {
    throw describeSystemError(error, "copying a root filesystem");
  }
  const created = addStubs(merged, request.stubs);
  const options = request.devices ? "" : "-o nodev ";
  return {
    kind: "copy",
    merged,
    upper: merged,
    mountScript: [`mount -n --bind ${options}${quote(merged)} ${quote(merged)}`],
    finish: async () => removeStubs(merged, created),
  };
}

/** A tree that is there is whole. */
function copyLayers({ scratch, lowers, xattrPrefix, root }: CopyRequest, target: string): void {
  const tree = join(scratch, "tree");
  fs.mkdirSync(tree, 0o755);
  for (const lower of lowers) overlayTree(lower, tree, xattrPrefix);
  if (root) copyMetadata(tree, root);
  fs.renameSync(tree, target);
}

/** A stub as it was made: only the very same inode may be removed again. */
interface CreatedStub {
  readonly path: string;
  readonly type: "dir" | "file";
  readonly inode: bigint;
}

function addStubs(root: string, stubs: readonly Stub[]): readonly CreatedStub[] {
  const missing = stubs.filter((stub) => !stub.like);
  const times = new Map<string, bigint>();
  for (const { path } of missing) {
    const parent = join(root, parentOf(path));
    if (isThere(parent)) times.set(parent, fs.lstatSync(fsPath(parent), { bigint: true }).mtimeNs);
  }
  writeStubs(root, missing);
  for (const [parent, time] of times) libc().setTimes(parent, "omit", time);
  return missing.map(({ path, type }) => {
    const inode = fs.lstatSync(fsPath(join(root, path)), { bigint: true }).ino;
    return { path, type, inode };
  });
}

/**
 * Removes stubs that are still what they were: same inode, still empty, and reached without a link. A process that put
 * something else there keeps it, and a link planted on the way leads nowhere (CVE-2024-23652).
 */
function removeStubs(root: string, created: readonly CreatedStub[]): void {
  for (const { path, type, inode } of created.toReversed()) {
    const parent = parentOf(path);
    if (!isReachedByDirectories(root, parent)) continue;
    const at = fsPath(join(root, path));
    const stat = fs.lstatSync(at, { bigint: true, throwIfNoEntry: false });
    if (!stat || stat.ino !== inode) continue;
    const time = fs.lstatSync(fsPath(join(root, parent)), { bigint: true }).mtimeNs;
    if (type === "dir" && stat.isDirectory() && fs.readdirSync(at).length === 0) fs.rmdirSync(at);
    else if (type === "file" && stat.isFile() && stat.size === 0n) fs.unlinkSync(at);
    else continue;
    libc().setTimes(join(root, parent), "omit", time);
  }
}

function isReachedByDirectories(root: string, path: string): boolean {
  for (let at = path; at !== ""; at = parentOf(at)) {
    if (!fs.lstatSync(fsPath(join(root, at)), { throwIfNoEntry: false })?.isDirectory()) return false;
  }
  return true;
}

function isThere(path: string): boolean {
  return fs.lstatSync(fsPath(path), { throwIfNoEntry: false }) !== undefined;
}
