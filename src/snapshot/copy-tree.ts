import * as fs from "node:fs";
import { join } from "node:path";
import { decodeName, fsPath } from "../core/file-name.ts";
import { libc } from "../sys/libc.ts";
import { majorOf, minorOf } from "./device-number.ts";
import type { OverlayXattrPrefix } from "./overlay.ts";

/**
 * Lays one snapshot directory over `target`, as overlayfs would show it: whiteouts and opaque directories hide what is there
 * already, hard links within the snapshot stay links. Bytes are shared with the source where the file system can (reflink).
 */
export function overlayTree(source: string, target: string, prefix: OverlayXattrPrefix): void {
  new TreeCopy(prefix).directory(source, target);
}

class TreeCopy {
  readonly #prefix: OverlayXattrPrefix;
  readonly #firstNames = new Map<string, string>();

  constructor(prefix: OverlayXattrPrefix) {
    this.#prefix = prefix;
  }

  directory(source: string, target: string): void {
    for (const name of fs.readdirSync(fsPath(source), { encoding: "buffer" })) {
      const text = decodeName(name);
      this.#entry(join(source, text), join(target, text));
    }
  }

  #entry(source: string, target: string): void {
    const stat = fs.lstatSync(fsPath(source), { bigint: true });
    if (stat.isCharacterDevice() && stat.rdev === 0n) return remove(target);
    if (stat.isSocket()) return;
    if (stat.isDirectory()) {
      const opaque = libc().getXattr(source, `${this.#prefix}opaque`)?.toString() === "y";
      if (opaque || !isDirectory(target)) remove(target);
      if (!isDirectory(target)) fs.mkdirSync(fsPath(target), 0o700);
      this.directory(source, target);
    } else {
      remove(target);
      if (this.#linkToFirstName(stat, target)) return;
      create(source, target, stat);
    }
    this.#copyMetadata(source, target, stat);
  }

  #linkToFirstName(stat: fs.BigIntStats, target: string): boolean {
    if (stat.nlink < 2n) return false;
    const key = `${stat.dev}:${stat.ino}`;
    const first = this.#firstNames.get(key);
    if (first === undefined) {
      this.#firstNames.set(key, target);
      return false;
    }
    fs.linkSync(fsPath(first), fsPath(target));
    return true;
  }

  #copyMetadata(source: string, target: string, stat: fs.BigIntStats): void {
    fs.lchownSync(fsPath(target), Number(stat.uid), Number(stat.gid));
    if (!stat.isSymbolicLink()) fs.chmodSync(fsPath(target), Number(stat.mode & 0o7777n));
    for (const name of libc().listXattrs(source)) {
      if (name.startsWith(this.#prefix)) continue;
      const value = libc().getXattr(source, name);
      if (value) libc().setXattr(target, name, value);
    }
    libc().setTimes(target, stat.atimeNs, stat.mtimeNs);
  }
}

function create(source: string, target: string, stat: fs.BigIntStats): void {
  if (stat.isFile()) fs.copyFileSync(fsPath(source), fsPath(target), fs.constants.COPYFILE_FICLONE);
  else if (stat.isSymbolicLink()) {
    fs.symlinkSync(fs.readlinkSync(fsPath(source), { encoding: "buffer" }), fsPath(target));
  } else if (stat.isFIFO()) libc().makeFifo(target, 0o600);
  else {
    const device = { mode: 0o600, major: majorOf(stat.rdev), minor: minorOf(stat.rdev) };
    libc().makeDevice(target, stat.isBlockDevice() ? "block" : "char", device);
  }
}

function remove(target: string): void {
  fs.rmSync(fsPath(target), { recursive: true, force: true });
}

function isDirectory(path: string): boolean {
  return fs.lstatSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
