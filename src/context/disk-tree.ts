import { Buffer } from "node:buffer";
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { comparePaths, decodeName, fsPath, printableName } from "../core/file-name.ts";
import type { Entry, EntryType } from "../core/file-tree.ts";
import { fileStatOf } from "./hash-file.ts";
import { type FileStat, readStamp, STAMP_BYTES, writeStamp } from "./stat-index-codec.ts";

/** Extended attributes of a host path, by name. */
export type ReadXattrs = (hostPath: string) => Readonly<Record<string, Uint8Array>> | undefined;

/** What is at one path. */
export interface DiskNode {
  readonly entry: Entry;
  /** As it was when the path was looked at. */
  readonly stat: FileStat;
  /** A socket: shown as an empty regular file, whose bytes must not be looked for (SPEC CP-10). */
  readonly isSocket: boolean;
  /** Identity of the inode of a file that has several names on the disk (SPEC CP-10). */
  readonly inode: string | undefined;
}

/**
 * A folder of this machine, looked at path by path and remembered: each path is asked for once. No link is ever followed;
 * what lies behind a linked folder does not exist here.
 */
export class DiskTree {
  readonly root: string;
  readonly #readXattrs: ReadXattrs | undefined;
  readonly #nodes = new Map<string, DiskNode | undefined>();
  readonly #names = new Map<string, readonly string[]>();
  readonly #stamps = new Stamps();

  constructor(root: string, readXattrs?: ReadXattrs) {
    this.root = root;
    this.#readXattrs = readXattrs;
  }

  node(path: string): DiskNode | undefined {
    if (this.#nodes.has(path)) return this.#nodes.get(path);
    const node = this.#isReachable(path) ? this.#read(path) : undefined;
    this.#nodes.set(path, node);
    return node;
  }

  /** Names in a folder, in byte order; empty where it is none. */
  names(path: string): readonly string[] {
    let names = this.#names.get(path);
    if (!names) {
      names = this.node(path)?.entry.type === "dir" ? readNames(this.hostPath(path)) : [];
      this.#names.set(path, names);
    }
    return names;
  }

  /** Every path that was looked at, with what was there. */
  get seen(): ReadonlyMap<string, DiskNode | undefined> {
    return this.#nodes;
  }

  /** What is at the path at this moment, past everything that is remembered. */
  statNow(path: string): FileStat | undefined {
    const stats = statOf(this.hostPath(path));
    return stats && fileStatOf(stats);
  }

  /** Looks at the path again. */
  refresh(path: string): void {
    this.#nodes.set(path, this.#read(path));
  }

  hostPath(path: string): string {
    return path === "" ? this.root : `${this.root === "/" ? "" : this.root}/${path}`;
  }

  #isReachable(path: string): boolean {
    if (path === "") return true;
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    if (slash === 0 || name === "" || name === "." || name === ".." || name.includes("\0")) return false;
    return this.node(path.slice(0, Math.max(0, slash)))?.entry.type === "dir";
  }

  #read(path: string): DiskNode | undefined {
    const hostPath = this.hostPath(path);
    const stats = statOf(hostPath);
    const type = stats && typeOf(stats);
    if (!stats || !type) return undefined;
    const entry = entryOf(path, type, stats, hostPath);
    const xattrs = type === "file" ? this.#readXattrs?.(hostPath) : undefined;
    return new SeenNode(xattrs ? { ...entry, xattrs } : entry, stats, this.#stamps);
  }
}

class SeenNode implements DiskNode {
  readonly entry: Entry;
  readonly isSocket: boolean;
  readonly inode: string | undefined;
  readonly #stamps: Stamps;
  readonly #stamp: number;

  constructor(entry: Entry, stats: BigIntStats, stamps: Stamps) {
    this.entry = entry;
    this.isSocket = stats.isSocket();
    this.inode = stats.isFile() && stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : undefined;
    this.#stamps = stamps;
    this.#stamp = stamps.add(fileStatOf(stats));
  }

  get stat(): FileStat {
    return this.#stamps.get(this.#stamp);
  }
}

/** Stats in one piece of memory: as objects they would take several times as much. */
class Stamps {
  #bytes = Buffer.allocUnsafe(64 * STAMP_BYTES);
  #count = 0;

  add(stat: FileStat): number {
    const at = this.#count * STAMP_BYTES;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * at);
    writeStamp(stat, this.#bytes, at);
    return this.#count++;
  }

  get(index: number): FileStat {
    return readStamp(this.#bytes, index * STAMP_BYTES);
  }
}

function statOf(hostPath: string): BigIntStats | undefined {
  try {
    return lstatSync(fsPath(hostPath), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === "ENAMETOOLONG") return undefined;
    throw unreadable(error, `reading the build context at "${printableName(hostPath)}"`);
  }
}

/** Names come as text from the fast call, and as bytes once one of them turns out not to be UTF-8. */
function readNames(hostPath: string): readonly string[] {
  try {
    let names = readdirSync(fsPath(hostPath));
    if (names.some((name) => name.includes("\ufffd")))
      names = readdirSync(fsPath(hostPath), { encoding: "buffer" }).map(decodeName);
    // Up to U+D7FF the order of UTF-16, which the engine sorts by on its own, is the order of bytes.
    return names.some((name) => /[\ud800-\uffff]/.test(name)) ? names.sort(comparePaths) : names.sort();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw unreadable(error, `reading the build context at "${printableName(hostPath)}"`);
  }
}

function entryOf(path: string, type: EntryType, stats: BigIntStats, hostPath: string): Entry {
  const seconds = stats.mtimeNs / 1_000_000_000n - (stats.mtimeNs % 1_000_000_000n < 0n ? 1n : 0n);
  const common = {
    path,
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: 0,
    gid: 0,
    size: stats.isFile() ? Number(stats.size) : 0,
    mtime: Number(seconds),
    mtimeNs: Number(stats.mtimeNs - seconds * 1_000_000_000n),
  };
  if (type === "symlink") return { ...common, linkTarget: readLink(hostPath) };
  if (type === "char" || type === "block") return { ...common, ...deviceOf(stats.rdev) };
  return common;
}

function typeOf(stats: BigIntStats): EntryType | undefined {
  if (stats.isFile() || stats.isSocket()) return "file";
  if (stats.isDirectory()) return "dir";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isCharacterDevice()) return "char";
  return stats.isBlockDevice() ? "block" : undefined;
}

function readLink(hostPath: string): string {
  return decodeName(readlinkSync(Buffer.from(fsPath(hostPath)), "buffer"));
}

/** Takes a Linux device number apart (`major(3)`, `minor(3)`). */
function deviceOf(rdev: bigint): { devMajor: number; devMinor: number } {
  return {
    devMajor: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)),
    devMinor: Number((rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)),
  };
}

/** An error of reading a context: what the user may not read can be made readable, or be left out. */
export function unreadable(error: unknown, doing: string): unknown {
  return describeSystemError(error, doing, "make it readable, or exclude it with an ignore file");
}
