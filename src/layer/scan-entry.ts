import * as fs from "node:fs";
import { comparePaths, decodeName, fsPath } from "../core/file-name.ts";
import type { Entry, EntryType } from "../core/file-tree.ts";
import { hasLibc, libc } from "../sys/libc.ts";

const CAPABILITY = "security.capability";

/** What lies at a path of a directory tree on this machine. */
export interface Scanned {
  /** Without digest. A socket has the type "socket", which no layer can hold. */
  readonly entry: Omit<Entry, "type"> & { readonly type: EntryType | "socket" };
  /** Names of the same file, link or device have the same identity; undefined where there is one name. */
  readonly inode: string | undefined;
}

/** Names inside a directory, in path order. */
export function scanNames(directory: string): string[] {
  return fs
    .readdirSync(fsPath(directory), { encoding: "buffer" })
    .map((name) => decodeName(name))
    .sort(comparePaths);
}

/** Describes what is at `at` on this machine as the entry `path`; follows no link. A 0/0 character device is a whiteout. */
export function scanEntry(at: string, path: string): Scanned {
  const stat = fs.lstatSync(fsPath(at), { bigint: true });
  const type = typeOf(stat);
  const seconds = floorDivide(stat.mtimeNs, 1_000_000_000n);
  const entry = {
    path,
    type,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === "file" ? Number(stat.size) : 0,
    mtime: Number(seconds),
    mtimeNs: Number(stat.mtimeNs - seconds * 1_000_000_000n),
  };
  const inode = type !== "dir" && stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : undefined;
  return { entry: { ...entry, ...detailsOf(type, at, stat) }, inode };
}

function detailsOf(type: EntryType | "socket", at: string, stat: fs.BigIntStats): Partial<Entry> {
  switch (type) {
    case "symlink":
      return { linkTarget: decodeName(fs.readlinkSync(fsPath(at), { encoding: "buffer" })) };
    case "char":
    case "block":
      return deviceOf(stat.rdev);
    case "file": {
      const capability = hasLibc() ? libc().getXattr(at, CAPABILITY) : undefined;
      return capability ? { xattrs: { [CAPABILITY]: capability } } : {};
    }
    default:
      return {};
  }
}

function typeOf(stat: fs.BigIntStats): EntryType | "socket" {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "dir";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isCharacterDevice()) return stat.rdev === 0n ? "whiteout" : "char";
  if (stat.isBlockDevice()) return "block";
  return stat.isFIFO() ? "fifo" : "socket";
}

/** Linux's dev_t (gnu_dev_major, gnu_dev_minor). */
function deviceOf(device: bigint): { devMajor: number; devMinor: number } {
  return {
    devMajor: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    devMinor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}
