import { Buffer } from "node:buffer";
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { comparePaths, decodeName, fsPath, printableName } from "../core/file-name.ts";
import type { EntryType } from "../core/file-tree.ts";
import type { PathTable } from "../core/path-table.ts";
import { fileStatOf } from "./hash-file.ts";
import { type DiskNode, NodeTable, type RareFacts } from "./node-table.ts";
import type { FileStat } from "./stat-index-codec.ts";

/** Extended attributes of a host path, by name. */
export type ReadXattrs = (hostPath: string) => Readonly<Record<string, Uint8Array>> | undefined;

/**
 * A folder of this machine, looked at path by path and remembered: each path is asked for once. No link is ever followed;
 * what lies behind a linked folder does not exist here.
 */
export class DiskTree {
  readonly root: string;
  readonly #readXattrs: ReadXattrs | undefined;
  readonly #nodes = new NodeTable();
  readonly #names = new Map<string, readonly string[]>();

  constructor(root: string, readXattrs?: ReadXattrs) {
    this.root = root;
    this.#readXattrs = readXattrs;
  }

  node(path: string): DiskNode | undefined {
    const known = this.#nodes.get(path);
    if (known !== undefined) return known ?? undefined;
    if (this.#isReachable(path)) return this.#read(path);
    this.#nodes.setAbsent(path);
    return undefined;
  }

  /** Names in a folder, in byte order; empty where it is none. */
  names(path: string): readonly string[] {
    let names = this.#names.get(path);
    if (!names) {
      names = this.node(path)?.type === "dir" ? readNames(this.hostPath(path)) : [];
      this.#names.set(path, names);
    }
    return names;
  }

  /** Numbers the paths that were looked at. */
  get paths(): PathTable {
    return this.#nodes.paths;
  }

  /** Every path that was looked at, with the stat of what was there. */
  seen(): Iterable<readonly [path: string, stat: FileStat | undefined]> {
    return this.#nodes.seen();
  }

  /** What is at the path at this moment, past everything that is remembered. */
  statNow(path: string): FileStat | undefined {
    const stats = statOf(this.hostPath(path));
    return stats && fileStatOf(stats);
  }

  /** Looks at the path again. */
  refresh(path: string): void {
    this.#read(path);
  }

  hostPath(path: string): string {
    return path === "" ? this.root : `${this.root === "/" ? "" : this.root}/${path}`;
  }

  #isReachable(path: string): boolean {
    if (path === "") return true;
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    if (slash === 0 || name === "" || name === "." || name === ".." || name.includes("\0")) return false;
    return this.node(path.slice(0, Math.max(0, slash)))?.type === "dir";
  }

  #read(path: string): DiskNode | undefined {
    const hostPath = this.hostPath(path);
    const stats = statOf(hostPath);
    const type = stats && typeOf(stats);
    if (stats && type) return this.#nodes.set(path, type, stats, this.#rareFacts(type, stats, hostPath));
    this.#nodes.setAbsent(path);
    return undefined;
  }

  /** Undefined for most nodes. */
  #rareFacts(type: EntryType, stats: BigIntStats, hostPath: string): RareFacts | undefined {
    switch (type) {
      case "symlink":
        return { linkTarget: readLink(hostPath) };
      case "char":
      case "block":
        return deviceOf(stats.rdev);
      case "file": {
        if (stats.isSocket()) return { isSocket: true };
        const xattrs = this.#readXattrs?.(hostPath);
        if (!xattrs && stats.nlink === 1n) return undefined;
        const inode = stats.nlink > 1n ? { inode: `${stats.dev}:${stats.ino}` } : {};
        return { ...inode, ...(xattrs ? { xattrs } : {}) };
      }
      default:
        return undefined;
    }
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
