import type { Digest } from "../../core/digest.ts";
import { comparePaths } from "../../core/file-name.ts";
import { type Entry, type FileTree, withDigest } from "../../core/file-tree.ts";
import type { ByteSource, ChangeList } from "../../layer/change.ts";
import { ChangeTable, type DeferredFile } from "./change-table.ts";
import { isSameEntry } from "./same-entry.ts";

/** Metadata of directories that a step has to invent. */
export interface NewDirectory {
  readonly mode: number;
  /** As chmod(2) leaves it: the set-group-ID bit of a directory above is not handed down. */
  readonly hasExactMode?: true;
  /** Undefined: root, and the group of a directory above that hands its group down. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly mtime: number;
  readonly mtimeNs: number;
}

const SET_GROUP_ID = 0o2000;

/** Joins a directory and a name; the root is `""`. */
export function childPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

export function parentPath(path: string): string {
  const at = path.lastIndexOf("/");
  return at < 0 ? "" : path.slice(0, at);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A layer in the making: changes over a parent tree, itself seen as the tree that results. */
export class ChangeSet implements FileTree {
  readonly #parent: FileTree;
  readonly #changes = new ChangeTable();
  /** Names added per directory, so that `list` need not scan all changes; made at the first `list`, which most steps do without. */
  #added: Map<string, Set<string>> | undefined;
  /** Directories of the parent that a non-directory took the place of. */
  readonly #hidden = new Set<string>();
  /** Files that share one inode, by identity: all destination paths. */
  readonly #links = new Map<string, Set<string>>();
  /** The identity that a path of `#links` has, so that overwriting it need not look through all of them. */
  readonly #identities = new Map<string, string>();
  /** What the last `putLink` said of an inode, by identity: all its names have that. */
  readonly #inodes = new Map<string, Entry>();
  #madeIdentities = 0;

  constructor(parent: FileTree) {
    this.#parent = parent;
  }

  get size(): number {
    return this.#changes.size;
  }

  lookup(path: string): Entry | undefined {
    const change = this.#changes.get(path);
    if (change) return change.entry.type === "whiteout" ? undefined : change.entry;
    return this.#isHidden(path) ? undefined : this.#parent.lookup(path);
  }

  list(path: string): readonly string[] {
    const names = new Set(this.#isHidden(path) || this.#hidden.has(path) ? [] : this.#parent.list(path));
    for (const name of this.#namesAdded().get(path) ?? []) names.add(name);
    return [...names].filter((name) => this.lookup(childPath(path, name)) !== undefined).sort(comparePaths);
  }

  /** Sets an entry. Whatever was there before is replaced; a directory that stays a directory keeps its children. */
  put(entry: Entry, bytes: ByteSource | DeferredFile): void {
    const before = this.lookup(entry.path);
    if (before?.type === "dir" && entry.type !== "dir") this.#dropTree(entry.path);
    this.#forgetLink(entry.path);
    this.#changes.set(entry, bytes);
    if (this.#added) addName(this.#added, entry.path);
  }

  /** Sets a file that shares its bytes with every other file put under the same identity (a hard link, SPEC CP-10). */
  putLinked(entry: Entry, bytes: ByteSource | DeferredFile, identity: string): void {
    this.put(entry, bytes);
    const paths = this.#links.get(identity) ?? new Set();
    paths.add(entry.path);
    this.#links.set(identity, paths);
    this.#identities.set(entry.path, identity);
  }

  /**
   * Sets a further name of what is at `target`, which is there and no directory. What the entry says counts for all names of it.
   * `below`: where its bytes are, asked for only where it is part of what the changes are laid over.
   */
  putLink(entry: Entry, target: string, below: () => ByteSource): void {
    const bytes = this.#changes.get(target)?.bytes ?? below();
    let identity = this.#identities.get(target);
    if (identity === undefined) {
      identity = `\0link ${this.#madeIdentities++}`;
      const { hardLink: _, ...first } = this.lookup(target)!;
      this.putLinked(first, bytes, identity);
    }
    this.putLinked(entry, bytes, identity);
    this.#inodes.set(identity, entry);
  }

  isChanged(path: string): boolean {
    return this.#changes.has(path);
  }

  /** Removes a path: a whiteout where the parent had it. */
  remove(path: string): void {
    const before = this.lookup(path);
    if (!before) return;
    if (before.type === "dir") this.#dropTree(path);
    this.#forgetLink(path);
    this.#changes.delete(path);
    if (this.#parent.lookup(path) && !this.#isHidden(path))
      this.#changes.set(whiteout(path), { kind: "none" });
  }

  /** Makes `path` and its missing parents as directories. A path component that is no directory is a caller's error: it is checked before. */
  makeDirectories(path: string, meta: NewDirectory): string[] {
    const missing: string[] = [];
    for (let up = path; up !== "" && !this.lookup(up); up = parentPath(up)) missing.push(up);
    for (const directory of missing.reverse())
      this.put(newDirectory(directory, this.lookup(parentPath(directory)), meta), { kind: "none" });
    return missing;
  }

  /**
   * Hashes the files that look the same as what they take the place of, which members of an archive, not hashed yet, may be. Call it
   * before `finish`.
   */
  async identify(digest: (entry: Entry, path: string) => Promise<Digest>): Promise<void> {
    this.#settleInodes();
    for (const index of this.#changes.indexes()) {
      const change = this.#changes.at(index);
      const { entry } = change;
      if (entry.type !== "file" || entry.digest !== undefined) continue;
      const before = this.#whatWasAt(entry.path);
      if (before?.digest === undefined || !isSameEntry(before, withDigest(entry, before.digest))) continue;
      const { bytes } = change;
      if (bytes.kind !== "path") continue;
      this.#changes.set(withDigest(entry, await digest(entry, bytes.path)), bytes);
    }
  }

  /**
   * The changes in archive order, without those that change nothing, with the parent directories of every change (SPEC LT-02), hard links
   * pointing at their first name. To be called once, at the end.
   */
  finish(): ChangeList {
    this.#settleInodes();
    this.#settleLinks();
    this.#whiteOutHidden();
    const changed: number[] = [];
    const parents = new Set<string>();
    for (const index of this.#changes.indexes()) {
      const { entry } = this.#changes.at(index);
      if (this.#isUnchanged(entry.path, entry)) continue;
      changed.push(index);
      for (let up = parentPath(entry.path); up !== "" && !parents.has(up); up = parentPath(up))
        parents.add(up);
    }
    this.#addUnchanged(parents, changed);
    return this.#inOrder(changed);
  }

  /** Adds those of these directories that are not among the changes themselves. */
  #addUnchanged(directories: ReadonlySet<string>, changed: number[]): void {
    const known = new Set<number>();
    for (const path of directories) known.add(this.#changes.paths.indexOf(path));
    const missing = new Set(directories);
    for (const index of changed) if (known.has(index)) missing.delete(this.#changes.paths.pathAt(index));
    for (const path of missing) {
      const entry = this.lookup(path);
      if (entry) changed.push(this.#changes.set(entry, { kind: "none" }));
    }
  }

  #inOrder(indexes: number[]): ChangeList {
    const changes = this.#changes;
    const sorted = Uint32Array.from(indexes.sort((a, b) => changes.paths.compare(a, b)));
    return {
      length: sorted.length,
      *[Symbol.iterator]() {
        for (const index of sorted) yield changes.at(index);
      },
    };
  }

  #namesAdded(): ReadonlyMap<string, ReadonlySet<string>> {
    if (!this.#added) {
      this.#added = new Map();
      for (const index of this.#changes.indexes()) addName(this.#added, this.#changes.paths.pathAt(index));
    }
    return this.#added;
  }

  /** What is put where the very same already is leaves no trace in the layer, as BuildKit's comparison of snapshots does not. */
  #isUnchanged(path: string, entry: Entry): boolean {
    const before = entry.hardLink === undefined ? this.#whatWasAt(path) : undefined;
    return before !== undefined && isSameEntry(before, entry);
  }

  #whatWasAt(path: string): Entry | undefined {
    const before = this.#parent.lookup(path);
    return before && !this.#hidden.has(path) && !this.#isHidden(path) ? before : undefined;
  }

  #isHidden(path: string): boolean {
    if (this.#hidden.size === 0) return false;
    for (let up = parentPath(path); ; up = parentPath(up)) {
      if (this.#hidden.has(up)) return true;
      if (up === "") return false;
    }
  }

  #dropTree(path: string): void {
    for (const name of this.list(path)) {
      const child = childPath(path, name);
      if (this.lookup(child)?.type === "dir") this.#dropTree(child);
      this.#forgetLink(child);
      this.#changes.delete(child);
    }
    this.#added?.delete(path);
    if (this.#parent.lookup(path)?.type === "dir") this.#hidden.add(path);
  }

  #forgetLink(path: string): void {
    const identity = this.#identities.get(path);
    if (identity === undefined) return;
    this.#links.get(identity)?.delete(path);
    this.#identities.delete(path);
  }

  /** A directory that gave way and came back must not show its old children: each gets a whiteout (SPEC LT-06). */
  #whiteOutHidden(): void {
    for (const path of this.#hidden) {
      if (this.lookup(path)?.type !== "dir") continue;
      for (const name of this.#parent.list(path)) {
        const child = childPath(path, name);
        if (!this.#changes.has(child)) this.#changes.set(whiteout(child), { kind: "none" });
      }
    }
  }

  #settleInodes(): void {
    for (const [identity, inode] of this.#inodes)
      for (const path of this.#links.get(identity)!)
        this.#changes.set({ ...inode, path }, this.#changes.get(path)!.bytes);
    this.#inodes.clear();
  }

  /** Only what changes is linked, to the first of it (SPEC LT-04); a name under which the same was there already is none of it. */
  #settleLinks(): void {
    for (const paths of this.#links.values()) {
      const changed = [...paths].filter((path) => !this.#isUnchanged(path, this.#changes.get(path)!.entry));
      const [first, ...rest] = changed.sort(comparePaths);
      for (const path of rest) {
        const { entry } = this.#changes.get(path)!;
        this.#changes.set({ ...entry, hardLink: first! }, { kind: "none" });
      }
    }
  }
}

function addName(added: Map<string, Set<string>>, path: string): void {
  const parent = parentPath(path);
  const names = added.get(parent);
  if (names) names.add(baseName(path));
  else added.set(parent, new Set([baseName(path)]));
}

/** As mkdir(2) does it: below a directory with the set-group-ID bit, bit and group are handed down. */
function newDirectory(path: string, above: Entry | undefined, meta: NewDirectory): Entry {
  const { mode, hasExactMode, owner, mtime, mtimeNs } = meta;
  const inherited = (above?.mode ?? 0) & SET_GROUP_ID;
  const { uid, gid } = owner ?? { uid: 0, gid: inherited ? above!.gid : 0 };
  return {
    path,
    type: "dir",
    size: 0,
    mode: hasExactMode ? mode : mode | inherited,
    uid,
    gid,
    mtime,
    mtimeNs,
  };
}

function whiteout(path: string): Entry {
  return { path, type: "whiteout", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
}
