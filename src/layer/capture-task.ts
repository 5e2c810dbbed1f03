import { comparePaths } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { type CapturedDirectory, FULL_COPY, UpperDirectory } from "./captured-directory.ts";
import { hashFile } from "./copy-bytes.ts";
import { LayerBuilder } from "./layer-builder.ts";
import type { PackedLayer } from "./packed-layer.ts";
import { type Scanned, scanEntry, scanNames } from "./scan-entry.ts";
import type { OverlayXattrPrefix, SnapshotForm } from "./snapshot-form.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import { Toc } from "./toc.ts";
import { LayerTree } from "./tree.ts";

export interface CaptureTask {
  readonly kind: "capture";
  /** The directory to read. */
  readonly directory: string;
  /** Tables of contents of the parent's layers, lowest first. */
  readonly parent: readonly Uint8Array[];
  /** Mount points that were made for the step; those that stayed empty and are new are not part of the layer. */
  readonly stubs: ReadonlySet<string>;
  readonly source:
    | { readonly kind: "upper"; readonly overlayXattrPrefix: OverlayXattrPrefix }
    /** A full copy of the root; the changed files are written to `target`, a fresh directory. */
    | { readonly kind: "copy"; readonly target: string; readonly form: SnapshotForm };
}

/** Makes a layer of what differs from the parent, synchronously. */
export function capture(task: CaptureTask): PackedLayer {
  const { source, directory } = task;
  const parent = new LayerTree(task.parent.map((bytes) => Toc.open(bytes)));
  if (source.kind === "upper") {
    const upper = new UpperDirectory(directory, source.overlayXattrPrefix);
    return new Capture(task, parent, new LayerBuilder(), upper).run();
  }
  return new Capture(
    task,
    parent,
    new LayerBuilder({ writer: new SnapshotWriter(source.target, source.form) }),
    FULL_COPY,
  ).run();
}

/** A directory that is only added to the layer once something in it is (SPEC LT-02). */
interface OpenDirectory {
  readonly entry: Entry;
  added: boolean;
}

/** Walks a directory and its parent state side by side, in path order. */
class Capture {
  readonly #root: string;
  readonly #stubs: ReadonlySet<string>;
  readonly #parent: LayerTree;
  readonly #builder: LayerBuilder;
  readonly #directory: CapturedDirectory;
  readonly #open: OpenDirectory[] = [];
  /** First added name of each file that has several. */
  readonly #firstNames = new Map<string, string>();

  constructor(task: CaptureTask, parent: LayerTree, builder: LayerBuilder, directory: CapturedDirectory) {
    this.#root = task.directory;
    this.#stubs = task.stubs;
    this.#parent = parent;
    this.#builder = builder;
    this.#directory = directory;
  }

  /** Metadata of the root itself are not captured: no layer that is made here describes it. */
  run(): PackedLayer {
    this.#children("", this.#directory.isOpaque(""));
    return this.#builder.finish();
  }

  /** `hides`: what the parent has in this directory is gone unless it is here. */
  #children(path: string, hides: boolean): void {
    const here = scanNames(this.#at(path));
    const present = new Set(here);
    const missing = hides ? this.#parent.list(path).filter((name) => !present.has(name)) : [];
    const names = missing.length === 0 ? here : [...here, ...missing].sort(comparePaths);
    for (const name of names) {
      const child = path === "" ? name : `${path}/${name}`;
      if (present.has(name)) this.#visit(child, hides);
      else this.#delete(child);
    }
  }

  #visit(path: string, hides: boolean): void {
    const scanned = scanEntry(this.#at(path), path);
    const { entry } = scanned;
    if (entry.type === "dir") return this.#visitDirectory(entry as Entry, hides);
    if (entry.type === "whiteout" || entry.type === "socket") return this.#visitAbsent(path, entry.type);
    const file = { ...scanned, entry: entry as Entry };
    if (this.#isUnchanged(file.entry) || this.#isUnusedStub(file.entry)) this.#directory.discard(path);
    else this.#addFile(file);
  }

  #visitDirectory(entry: Entry, hides: boolean): void {
    const before = this.#parent.lookup(entry.path);
    const open: OpenDirectory = { entry, added: false };
    this.#open.push(open);
    const isStub = !before && this.#stubs.has(entry.path);
    if (!isStub && !(before && sameMetadata(before, entry))) this.#addParents();
    this.#children(entry.path, hides || this.#directory.isOpaque(entry.path));
    this.#open.pop();
    this.#directory.leave(entry, !open.added);
  }

  /** A whiteout, or a socket, which no layer can hold (SPEC LT-03): what the parent has there is gone. */
  #visitAbsent(path: string, type: "whiteout" | "socket"): void {
    const isDeletion = this.#parent.lookup(path) !== undefined;
    if (type === "socket" || !isDeletion) this.#directory.discard(path);
    if (isDeletion) this.#delete(path);
  }

  #delete(path: string): void {
    this.#addParents();
    this.#builder.add(whiteout(path), { kind: "none" });
    this.#directory.deletePath(path);
  }

  #addFile({ entry, inode }: Scanned & { readonly entry: Entry }): void {
    this.#addParents();
    const first = inode === undefined ? undefined : this.#firstNames.get(inode);
    if (first !== undefined) return this.#builder.add({ ...entry, hardLink: first }, { kind: "none" });
    if (inode !== undefined) this.#firstNames.set(inode, entry.path);
    const isFile = entry.type === "file";
    this.#builder.add(entry, isFile ? { kind: "path", path: this.#at(entry.path) } : { kind: "none" });
  }

  #addParents(): void {
    for (const open of this.#open) {
      if (!open.added) this.#builder.add(open.entry, { kind: "none" });
      open.added = true;
    }
  }

  /** Times and sizes only tell what may be the same; the bytes decide. A new name for it changes nothing about the old one (SPEC LT-04). */
  #isUnchanged(entry: Entry): boolean {
    const before = this.#parent.lookup(entry.path);
    if (!before || !sameMetadata(before, entry)) return false;
    const sameStat =
      before.size === entry.size &&
      before.mtime === entry.mtime &&
      before.mtimeNs === entry.mtimeNs &&
      before.linkTarget === entry.linkTarget &&
      (before.devMajor ?? 0) === (entry.devMajor ?? 0) &&
      (before.devMinor ?? 0) === (entry.devMinor ?? 0);
    return sameStat && (entry.type !== "file" || hashFile(entry, this.#at(entry.path)) === before.digest);
  }

  #isUnusedStub(entry: Entry): boolean {
    return (
      entry.type === "file" &&
      entry.size === 0 &&
      this.#stubs.has(entry.path) &&
      this.#parent.lookup(entry.path) === undefined
    );
  }

  #at(path: string): string {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }
}

/** Everything of a directory that counts; of other things what must be the same, too. */
function sameMetadata(a: Entry, b: Entry): boolean {
  const capability = (entry: Entry) => {
    const value = entry.xattrs?.["security.capability"];
    return value ? Buffer.from(value).toString("hex") : "";
  };
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    capability(a) === capability(b)
  );
}

function whiteout(path: string): Entry {
  return { path, type: "whiteout", mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0 };
}
