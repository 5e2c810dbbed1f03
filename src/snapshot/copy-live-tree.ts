import * as fs from "node:fs";
import { systemErrorCode } from "../core/errors.ts";
import { decodeName, fsPath } from "../core/file-name.ts";
import { writeFull } from "../layer/copy-bytes.ts";
import { isHole } from "../layer/holes.ts";
import { libc } from "../sys/libc.ts";
import { majorOf, minorOf } from "./device-number.ts";

/** Only says which file a name stands for (open(2), O_PATH): a link is not followed, and no device feels it. */
const O_PATH = 0o10000000;
const NAME_FLAGS = O_PATH | (fs.constants.O_NOFOLLOW ?? 0);
const CHUNK = 1024 * 1024;

/** What it means where others change the tree: the name is gone, or stands for something else by now. */
const CHANGED: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EINVAL", "ESTALE"]);
/** What a file system does not keep, or not for us, is left out, as cp(1) does. */
const REFUSED: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "ENOTSUP"]);

/**
 * Copies a directory tree that a container is writing to: owners, modes, times, attributes, hard links, devices and whiteouts included;
 * `target` is a folder of ours that is not there yet. Every name is looked up in the directory that was opened before it, never by a
 * path from the top: no link that the container puts on the way leads out of the tree. What goes away meanwhile is left out, and what
 * is being written may be there in part. A socket, which no layer can hold, becomes a whiteout.
 */
export function copyLiveTree(source: string, target: string): void {
  const fd = fs.openSync(fsPath(source), NAME_FLAGS);
  try {
    new LiveCopy().directory(fd, target);
  } finally {
    fs.closeSync(fd);
  }
}

/** A name in an open directory. */
interface Named {
  /** Its directory's descriptor, then the name: a path with nothing on it that could be exchanged but its end. */
  readonly at: string;
  readonly fd: number;
  readonly stat: fs.BigIntStats;
}

class LiveCopy {
  readonly #firstNames = new Map<string, string>();
  #canClone = true;

  directory(fd: number, target: string): void {
    const stat = fs.fstatSync(fd, { bigint: true });
    fs.mkdirSync(fsPath(target), 0o700);
    for (const name of fs.readdirSync(descriptor(fd), { encoding: "buffer" })) {
      const text = decodeName(name);
      this.#unlessChanged(() => this.#open(`${descriptor(fd)}/${text}`, `${target}/${text}`));
    }
    copyMetadata({ at: `${descriptor(fd)}/.`, fd, stat }, target);
  }

  #open(at: string, target: string): void {
    const fd = fs.openSync(fsPath(at), NAME_FLAGS);
    try {
      this.#entry({ at, fd, stat: fs.fstatSync(fd, { bigint: true }) }, target);
    } finally {
      fs.closeSync(fd);
    }
  }

  #entry(named: Named, target: string): void {
    const { fd, stat } = named;
    if (stat.isDirectory()) return this.directory(fd, target);
    if (this.#linkToFirstName(stat, target)) return;
    if (stat.isFile()) this.#file(named, target);
    else if (stat.isSymbolicLink()) {
      fs.symlinkSync(fs.readlinkSync(fsPath(named.at), { encoding: "buffer" }), fsPath(target));
    } else makeSpecial(stat, target);
    copyMetadata(named, target);
    if (stat.nlink > 1n) this.#firstNames.set(identity(stat), target);
  }

  #linkToFirstName(stat: fs.BigIntStats, target: string): boolean {
    const first = stat.nlink > 1n ? this.#firstNames.get(identity(stat)) : undefined;
    if (first !== undefined) fs.linkSync(fsPath(first), fsPath(target));
    return first !== undefined;
  }

  #file({ fd, stat }: Named, target: string): void {
    if (this.#canClone && stat.size > 0n) {
      try {
        return fs.copyFileSync(descriptor(fd), fsPath(target), fs.constants.COPYFILE_FICLONE_FORCE);
      } catch {
        this.#canClone = false;
      }
    }
    copyContent(descriptor(fd), target, Number(stat.size));
  }

  #unlessChanged(copy: () => void): void {
    try {
      copy();
    } catch (error) {
      if (!CHANGED.has(systemErrorCode(error))) throw error;
    }
  }
}

/** What the file held when it was found: one that only grows would never end. Holes stay holes. */
function copyContent(source: string, target: string, size: number): void {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
  withFile(source, "r", (from) =>
    withFile(target, "wx", (to) => {
      for (let at = 0; at < size; ) {
        const read = fs.readSync(from, chunk, 0, Math.min(chunk.length, size - at), at);
        if (read === 0) break;
        const bytes = chunk.subarray(0, read);
        if (!isHole(bytes)) writeFull(to, bytes, at);
        at += read;
      }
      fs.ftruncateSync(to, size);
    }),
  );
}

function withFile(path: string, flags: "r" | "wx", use: (fd: number) => void): void {
  const fd = fs.openSync(fsPath(path), flags, 0o600);
  try {
    use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function makeSpecial(stat: fs.BigIntStats, target: string): void {
  if (stat.isFIFO()) return libc().makeFifo(target, 0o600);
  const isBlock = stat.isBlockDevice();
  const number = isBlock || stat.isCharacterDevice() ? stat.rdev : 0n;
  const device = { mode: 0o600, major: majorOf(number), minor: minorOf(number) };
  libc().makeDevice(target, isBlock ? "block" : "char", device);
}

function copyMetadata({ at, stat }: Named, target: string): void {
  fs.lchownSync(fsPath(target), Number(stat.uid), Number(stat.gid));
  if (!stat.isSymbolicLink()) fs.chmodSync(fsPath(target), Number(stat.mode & 0o7777n));
  copyAttributes(at, target);
  libc().setTimes(target, stat.atimeNs, stat.mtimeNs);
}

function copyAttributes(at: string, target: string): void {
  try {
    for (const name of libc().listXattrs(at)) {
      const value = libc().getXattr(at, name);
      if (value) libc().setXattr(target, name, value);
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (!REFUSED.has(code) && !CHANGED.has(code)) throw error;
  }
}

function identity({ dev, ino }: fs.BigIntStats): string {
  return `${dev}:${ino}`;
}

function descriptor(fd: number): string {
  return `/proc/self/fd/${fd}`;
}
