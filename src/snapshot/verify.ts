import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { type Digest, finishDigest } from "../core/digest.ts";
import { decodeName, fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { majorOf, minorOf } from "./device-number.ts";

export interface VerifyOptions {
  /** Compare owners and modes too: not for portable snapshots, whose owners are only in the table of contents. */
  readonly owners: boolean;
  /** Read every file and compare its digest; otherwise only sizes are compared. */
  readonly contents?: boolean;
}

/**
 * Compares a snapshot directory in native form with its table of contents: a snapshot written under an earlier boot without a
 * sync may have lost files or bytes (DESIGN decision 9). Gives the first difference in words, or undefined where there is none.
 */
export function verifySnapshot(
  entries: Iterable<Entry>,
  directory: string,
  options: VerifyOptions,
): string | undefined {
  const expected = new Set<string>();
  for (const entry of entries) {
    if (entry.path === "") continue;
    addWithParents(expected, entry.path);
    const difference = compare(entry, join(directory, entry.path), options);
    if (difference) return `${entry.path}: ${difference}`;
  }
  return findSurplus(directory, "", expected);
}

/** An archive may leave out the directories that lead to its entries. */
function addWithParents(expected: Set<string>, path: string): void {
  for (let at = path; at !== "" && !expected.has(at); at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    expected.add(at);
  }
}

function compare(entry: Entry, path: string, options: VerifyOptions): string | undefined {
  const stat = fs.lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
  if (!stat) return "it is missing";
  const type = typeOf(stat);
  if (type !== entry.type) return `it is a ${type}, not a ${entry.type}`;
  if (entry.type === "whiteout") return undefined;
  if (entry.type === "file" && Number(stat.size) !== entry.size) {
    return `it has ${stat.size} bytes, not ${entry.size}`;
  }
  if (entry.type === "symlink" && linkTarget(path) !== entry.linkTarget) return "it leads elsewhere";
  if (entry.type === "char" || entry.type === "block") {
    const same = majorOf(stat.rdev) === (entry.devMajor ?? 0) && minorOf(stat.rdev) === (entry.devMinor ?? 0);
    if (!same) return "it is another device";
  }
  if (options.owners) {
    if (Number(stat.uid) !== entry.uid || Number(stat.gid) !== entry.gid) return "it has another owner";
    if (entry.type !== "symlink" && Number(stat.mode & 0o7777n) !== entry.mode) return "it has another mode";
  }
  if (options.contents && entry.type === "file" && entry.digest !== undefined && !entry.hardLink) {
    if (fileDigest(path) !== entry.digest) return "its bytes have another digest";
  }
  return undefined;
}

function typeOf(stat: fs.BigIntStats): string {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "dir";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isCharacterDevice()) return stat.rdev === 0n ? "whiteout" : "char";
  if (stat.isBlockDevice()) return "block";
  return stat.isFIFO() ? "fifo" : "socket";
}

function linkTarget(path: string): string {
  return decodeName(fs.readlinkSync(fsPath(path), { encoding: "buffer" }));
}

function fileDigest(path: string): Digest {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const fd = fs.openSync(fsPath(path), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    for (let n = fs.readSync(fd, buffer); n > 0; n = fs.readSync(fd, buffer))
      hash.update(buffer.subarray(0, n));
  } finally {
    fs.closeSync(fd);
  }
  return finishDigest(hash);
}

function findSurplus(root: string, path: string, expected: ReadonlySet<string>): string | undefined {
  for (const item of fs.readdirSync(fsPath(join(root, path)), { withFileTypes: true, encoding: "buffer" })) {
    const name = decodeName(item.name);
    const at = path === "" ? name : `${path}/${name}`;
    if (!expected.has(at)) return `${at}: it should not be there`;
    const found = item.isDirectory() ? findSurplus(root, at, expected) : undefined;
    if (found) return found;
  }
  return undefined;
}
