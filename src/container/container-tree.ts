import { lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { systemErrorCode } from "../core/errors.ts";
import { comparePaths, decodeName, fsPath } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import type { OverlayXattrPrefix } from "../snapshot/overlay.ts";
import { libc } from "../sys/libc.ts";

/** What is known of a path from the upper directory alone. */
type Found = { readonly entry: Entry } | "hidden" | "below";

/**
 * The files of a container: what it wrote, over the layers of its image. Looked up one name at a time, so that no link that the container
 * made is ever followed by the kernel (DESIGN decision 10).
 */
export class ContainerTree implements SourceTree {
  readonly name = "container";
  readonly #below: SourceTree | undefined;
  readonly #upper: string;
  readonly #opaque: string;

  /** `below` is undefined where `upper` is the whole root filesystem. */
  constructor(upper: string, below: SourceTree | undefined, xattrPrefix: OverlayXattrPrefix) {
    this.#upper = upper;
    this.#below = below;
    this.#opaque = `${xattrPrefix}opaque`;
  }

  lookup(path: string): Entry | undefined {
    const found = this.#find(path);
    if (found === "hidden") return undefined;
    return found === "below" ? this.#below?.lookup(path) : found.entry;
  }

  list(path: string): readonly string[] {
    const found = this.#find(path);
    if (found === "hidden") return [];
    if (found === "below") return this.#below?.list(path) ?? [];
    if (found.entry.type !== "dir") return [];
    const own = readdirSync(fsPath(join(this.#upper, path)), { encoding: "buffer" }).map(decodeName);
    const lower = this.#isOpaque(path) ? [] : (this.#below?.list(path) ?? []);
    const names = [...new Set([...own, ...lower])].sort(comparePaths);
    return names.filter((name) => this.lookup(path === "" ? name : `${path}/${name}`) !== undefined);
  }

  async prepare(paths: Iterable<string>): Promise<void> {
    await this.#below?.prepare([...paths].filter((path) => this.#find(path) === "below"));
  }

  locate(path: string): string {
    const isBelow = this.#below !== undefined && this.#find(path) === "below";
    return isBelow ? this.#below.locate(path) : `${this.#upper}/${path}`;
  }

  /** What a container wrote has no digests. */
  async digests(): Promise<ReadonlyMap<string, Digest>> {
    return new Map();
  }

  linkIdentity(): undefined {
    return undefined;
  }

  #find(path: string): Found {
    let isCovered = this.#below === undefined;
    let at = "";
    for (const name of path === "" ? [] : path.split("/")) {
      isCovered ||= at !== "" && this.#isOpaque(at);
      at = at === "" ? name : `${at}/${name}`;
      const stat = this.#stat(at);
      if (!stat) return isCovered ? "hidden" : "below";
      if (stat.isCharacterDevice() && stat.rdev === 0) return "hidden";
      if (at !== path && !stat.isDirectory()) return "hidden";
      if (at === path) return { entry: this.#entry(path, stat) };
    }
    const stat = this.#stat("");
    return stat ? { entry: this.#entry("", stat) } : "below";
  }

  #stat(path: string): Stats | undefined {
    return lstatSync(fsPath(join(this.#upper, path)), { throwIfNoEntry: false });
  }

  #isOpaque(path: string): boolean {
    return libc().getXattr(join(this.#upper, path), this.#opaque)?.toString() === "y";
  }

  #entry(path: string, stat: Stats): Entry {
    const { uid, gid, size } = stat;
    const type = typeOf(stat);
    const mtime = Math.floor(stat.mtimeMs / 1000);
    const plain = { path, type, mode: stat.mode & 0o7777, uid, gid, size, mtime, mtimeNs: 0 };
    return type === "symlink" ? { ...plain, linkTarget: this.#target(path) } : plain;
  }

  #target(path: string): string {
    try {
      return decodeName(readlinkSync(fsPath(join(this.#upper, path)), { encoding: "buffer" }));
    } catch (error) {
      // The container has put something else there meanwhile.
      if (["EINVAL", "ENOENT"].includes(systemErrorCode(error) ?? "")) return "";
      throw error;
    }
  }
}

function typeOf(stat: Stats): Entry["type"] {
  if (stat.isDirectory()) return "dir";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isFile()) return "file";
  if (stat.isCharacterDevice()) return "char";
  return stat.isBlockDevice() ? "block" : "fifo";
}
