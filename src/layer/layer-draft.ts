import type { Digest } from "../core/digest.ts";
import { comparePaths, printableName } from "../core/file-name.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import { resolvePath } from "./resolve.ts";
import { invalidTar } from "./tar-header.ts";
import { BARE_ROOT } from "./tree.ts";

/** What an entry is, apart from where it is. Names of one file share one of these. */
export type Inode = Omit<Entry, "path" | "hardLink" | "digest"> & { digest?: Digest };

/** Follows the directories of a draft on disk. */
export interface DraftMirror {
  makeDirectory(path: string): void;
  remove(path: string, isDirectory: boolean): void;
}

interface Node {
  inode: Inode;
  /** Present for a directory. */
  readonly children?: Map<string, Node>;
}

/** Metadata of parents that nobody describes (SPEC LT-08). */
const PRESUMED: Inode = { type: "dir", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };

const WHITEOUT: Inode = { type: "whiteout", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };

/**
 * A layer while its entries arrive in any order, on top of a parent tree. Paths given to it are resolved here, links of this layer
 * and of the parent included, inside the root; so every directory that the mirror is told to make lies below directories that it made.
 */
export class LayerDraft implements FileTree {
  /** True once something in the layer turned out to depend on what the parent holds. */
  dependsOnParent = false;
  readonly #parent: FileTree;
  readonly #mirror: DraftMirror | undefined;
  readonly #root: Node = { inode: { ...BARE_ROOT }, children: new Map() };
  #describesRoot = false;

  constructor(parent: FileTree, mirror?: DraftMirror) {
    this.#parent = parent;
    this.#mirror = mirror;
  }

  /** What is at `path` in the tree that results. */
  lookup(path: string): Entry | undefined {
    let node = this.#root;
    let hidden = node.inode.opaque === true;
    for (const name of path === "" ? [] : path.split("/")) {
      if (!node.children) return undefined;
      const next = node.children.get(name);
      if (!next) return hidden ? undefined : this.#consult(path);
      node = next;
      hidden ||= node.inode.opaque === true;
    }
    return node.inode.type === "whiteout" ? undefined : { path, ...node.inode };
  }

  /** Only names of this layer: enough to resolve paths. */
  list(path: string): readonly string[] {
    return [...(this.#nodeAt(path)?.children?.keys() ?? [])].sort(comparePaths);
  }

  /** What this layer itself has at exactly `path`, which is resolved already. */
  inodeAt(path: string): Inode | undefined {
    return this.#nodeAt(path)?.inode;
  }

  /**
   * The path at which an entry called `name` (cleaned) is placed: links on the way to it are followed, missing directories are made.
   * Throws `LAYER_INVALID` where something on the way is no directory.
   */
  place(name: string): string {
    const slash = name.lastIndexOf("/");
    if (slash < 0) return name;
    const directory = this.#directory(name.slice(0, slash));
    return directory === "" ? name.slice(slash + 1) : `${directory}/${name.slice(slash + 1)}`;
  }

  /** Sets a directory; one that is there already keeps what it holds (SPEC LT-08). */
  putDirectory(path: string, inode: Inode): void {
    if (path === "") {
      this.#describesRoot = true;
      this.#root.inode = { ...inode, ...(this.#root.inode.opaque ? { opaque: true } : {}) };
      return;
    }
    const before = this.#nodeAt(path);
    if (before?.children) {
      before.inode = { ...inode, ...(before.inode.opaque ? { opaque: true } : {}) };
      return;
    }
    // A whiteout and a directory together: what lower layers have in it does not show.
    const opaque = before?.inode.type === "whiteout" ? { opaque: true } : {};
    this.#put(path, { inode: { ...inode, ...opaque }, children: new Map() });
    this.#mirror?.makeDirectory(path);
  }

  /** Sets anything but a directory; whatever this layer had there goes. */
  put(path: string, inode: Inode): void {
    this.#put(path, { inode });
  }

  /** A whiteout hides what lower layers have, not what this layer puts there, in whichever order they come (OCI image-spec v1.1, whiteouts). */
  putWhiteout(path: string): void {
    const before = this.#nodeAt(path);
    if (before?.children) before.inode = { ...before.inode, opaque: true };
    else if (!before) this.#put(path, { inode: WHITEOUT });
  }

  /** Makes the directory opaque. */
  putOpaque(path: string): void {
    const node = this.#nodeAt(this.#directory(path))!;
    node.inode = { ...node.inode, opaque: true };
    if (node === this.#root) this.#describesRoot = true;
  }

  /** All entries in path order; of what has several names the first is the thing itself and the others are hard links (SPEC LT-04). */
  *entries(): IterableIterator<Entry> {
    const firstNames = new Map<Inode, string>();
    if (this.#describesRoot) yield { path: "", ...this.#root.inode };
    yield* entriesBelow(this.#root, "", firstNames);
  }

  #put(path: string, node: Node): void {
    const slash = path.lastIndexOf("/");
    const siblings = this.#nodeAt(slash < 0 ? "" : path.slice(0, slash))!.children!;
    const name = path.slice(slash + 1);
    const before = siblings.get(name);
    if (before && before.inode.type !== "whiteout") this.#mirror?.remove(path, before.children !== undefined);
    siblings.set(name, node);
  }

  #directory(path: string): string {
    if (this.#nodeAt(path)?.children) return path;
    const resolved = resolvePath(this, path, { followLast: true }).path;
    let at = "";
    for (const name of resolved === "" ? [] : resolved.split("/")) {
      at = at === "" ? name : `${at}/${name}`;
      this.#makeDirectory(at);
    }
    return at;
  }

  /** Makes sure that this layer has a directory at `path`, whose parent it has: the parent's where there is one. */
  #makeDirectory(path: string): void {
    const node = this.#nodeAt(path);
    if (node?.children) return;
    const existing = this.lookup(path);
    if (existing && existing.type !== "dir")
      throw invalidTar(`it has an entry inside "${printableName(path)}", which is no directory`, { path });
    const { path: _, opaque: __, ...like } = existing ?? { ...PRESUMED, path };
    this.putDirectory(path, like);
  }

  #nodeAt(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path === "" ? [] : path.split("/")) {
      node = node.children?.get(name);
      if (!node) return undefined;
    }
    return node;
  }

  #consult(path: string): Entry | undefined {
    this.dependsOnParent = true;
    return this.#parent.lookup(path);
  }
}

function* entriesBelow(node: Node, path: string, firstNames: Map<Inode, string>): IterableIterator<Entry> {
  const names = [...(node.children?.keys() ?? [])].sort(comparePaths);
  for (const name of names) {
    const child = node.children!.get(name)!;
    const at = path === "" ? name : `${path}/${name}`;
    const isNamed = child.inode.type !== "dir" && child.inode.type !== "whiteout";
    const first = isNamed ? firstNames.get(child.inode) : undefined;
    if (isNamed) firstNames.set(child.inode, first ?? at);
    // What is new stands in front of a copy; see `withDigest`.
    yield first === undefined ? { path: at, ...child.inode } : { path: at, hardLink: first, ...child.inode };
    yield* entriesBelow(child, at, firstNames);
  }
}
