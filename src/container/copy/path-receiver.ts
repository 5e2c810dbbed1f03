import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import { decodeName, fsPath, printableName } from "../../core/file-name.ts";
import type { Entry } from "../../core/file-tree.ts";
import { LIMITS } from "../../core/limits.ts";
import { entryOf } from "../../layer/archive-entries.ts";
import { writeFull } from "../../layer/copy-bytes.ts";
import type { TarEntry } from "../../layer/tar-entry.ts";
import type { TarSink } from "../../layer/tar-reader.ts";
import { libc } from "../../sys/libc.ts";

export interface ReceiveRequest {
  /** Absolute; a slash at its end asks for a directory that is there. */
  readonly path: string;
  /** Name of what arrives, where the destination is a directory; undefined where a directory's contents go into it. */
  readonly name: string | undefined;
  /** Members keep their own names below the destination, which is a directory. */
  readonly isArchive: boolean;
  /** Owners and all bits of the mode as in the archive. */
  readonly keepsOwner: boolean;
}

/** Without the owner, a bit that lends the owner's rights would lend somebody else's. */
const MODE_WITHOUT_OWNER = 0o1777;

/**
 * Writes what `packPath` packed, by the rules of `docker cp`: into a directory that is there, or under the destination's name; a link is
 * followed where it is the destination itself. Throws
 * `OUTPUT_INVALID` where the destination does not fit.
 */
export class PathReceiver implements TarSink {
  readonly #request: ReceiveRequest;
  readonly #folders: { readonly path: string; readonly entry: Entry }[] = [];
  /** Where the first member goes, and how many letters of names it stands for. */
  #target: { readonly path: string; readonly skip: number } | undefined;
  #current: { readonly entry: Entry; readonly path: string; readonly fd?: number; at: number } | undefined;

  constructor(request: ReceiveRequest) {
    this.#request = request;
  }

  begin(member: TarEntry): void {
    const entry = entryOf(member);
    this.#target ??= this.#chooseTarget(entry);
    const path = join(this.#target.path, entry.path.slice(this.#target.skip));
    if (entry.type === "file" && entry.hardLink === undefined) {
      removeOther(path, entry);
      this.#current = { entry, path, fd: fs.openSync(fsPath(path), "wx", 0o600), at: 0 };
      return;
    }
    this.#make(entry, path);
    this.#current = { entry, path, at: 0 };
  }

  data(chunk: Buffer): void {
    const current = this.#current!;
    if (current.fd === undefined) return;
    writeFull(current.fd, chunk, current.at);
    current.at += chunk.length;
  }

  end(): void {
    const { entry, path, fd } = this.#current!;
    this.#current = undefined;
    if (fd !== undefined) fs.closeSync(fd);
    if (entry.type === "dir") this.#folders.push({ path, entry });
    else if (entry.hardLink === undefined) this.#finish(path, entry);
  }

  /** To be called at the end: a directory's mode could lock us out, and its time changes with what is made in it. */
  close(): void {
    if (this.#current?.fd !== undefined) fs.closeSync(this.#current.fd);
    for (const { path, entry } of this.#folders.reverse()) this.#finish(path, entry);
  }

  #chooseTarget(first: Entry): { readonly path: string; readonly skip: number } {
    const { name, isArchive } = this.#request;
    const path = throughLinks(this.#request.path);
    const there = fs.statSync(fsPath(path), { throwIfNoEntry: false });
    if (isArchive) {
      if (there?.isDirectory()) return { path, skip: 0 };
      throw refused(path, "is not a directory");
    }
    const skip = first.path.length;
    if (there?.isDirectory()) return { path: name === undefined ? path : join(path, name), skip };
    if (there && first.type === "dir") throw refused(path, "is not a directory");
    if (!there && path.endsWith("/") && first.type !== "dir") throw refused(path, "does not exist");
    if (!there && !fs.existsSync(fsPath(dirname(path)))) throw refused(dirname(path), "does not exist");
    return { path, skip };
  }

  #make(entry: Entry, path: string): void {
    removeOther(path, entry);
    const at = fsPath(path);
    if (entry.type === "dir") {
      if (!fs.existsSync(at)) fs.mkdirSync(at, 0o700);
    } else if (entry.hardLink !== undefined) {
      fs.linkSync(fsPath(join(this.#target!.path, entry.hardLink.slice(this.#target!.skip))), at);
    } else if (entry.type === "symlink") fs.symlinkSync(fsPath(entry.linkTarget ?? ""), at);
    else if (entry.type === "fifo") libc().makeFifo(path, 0o600);
    else throw refused(path, "would be a device");
  }

  #finish(path: string, entry: Entry): void {
    const { keepsOwner } = this.#request;
    if (keepsOwner) fs.lchownSync(fsPath(path), entry.uid, entry.gid);
    const mode = keepsOwner ? entry.mode : entry.mode & MODE_WITHOUT_OWNER;
    if (entry.type !== "symlink") fs.chmodSync(fsPath(path), mode);
    libc().setTimes(path, "omit", BigInt(entry.mtime) * 1_000_000_000n);
  }
}

/**
 * What a destination stands for: where it is a link, that which it leads to, whether that is there or not. The kernel follows
 * everything but the last component; inside a container its root is the root of this process.
 */
function throughLinks(destination: string): string {
  const slash = destination.endsWith("/") ? "/" : "";
  let path = withoutSlash(destination);
  let links = 0;
  for (; fs.lstatSync(fsPath(path), { throwIfNoEntry: false })?.isSymbolicLink(); links++) {
    if (links === LIMITS.symlinks) throw refused(destination, "has too many symbolic links");
    const target = decodeName(fs.readlinkSync(fsPath(path), { encoding: "buffer" }));
    // Not normalised: what `..` is behind a link, the kernel knows.
    path = withoutSlash(target.startsWith("/") ? target : `${dirname(path)}/${target}`);
  }
  const folder = fsPath(dirname(path));
  if (links === 0 || !fs.existsSync(folder)) return `${path}${slash}`;
  const real = decodeName(fs.realpathSync.native(folder, { encoding: "buffer" }));
  return `${join(real, basename(path))}${slash}`;
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

/** A directory takes what arrives; anything else gives way to it, and no link is followed. */
function removeOther(path: string, entry: Entry): void {
  const there = fs.lstatSync(fsPath(path), { throwIfNoEntry: false });
  if (!there || (there.isDirectory() && entry.type === "dir")) return;
  if (there.isDirectory()) throw refused(path, "is a directory");
  fs.unlinkSync(fsPath(path));
}

function refused(path: string, why: string): SlipwayError<"OUTPUT_INVALID"> {
  return new SlipwayError("OUTPUT_INVALID", `${printableName(path)} ${why}`, { facts: { path } });
}
