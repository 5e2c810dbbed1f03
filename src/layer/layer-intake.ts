import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { cleanName, layerName } from "./archive-name.ts";
import { FileBody } from "./file-body.ts";
import { type Inode, LayerDraft } from "./layer-draft.ts";
import { resolvePath } from "./resolve.ts";
import type { SnapshotWriter } from "./snapshot-writer.ts";
import type { TarEntry } from "./tar-entry.ts";
import { invalidTar } from "./tar-header.ts";
import type { TarSink } from "./tar-reader.ts";
import { BARE_ROOT, type LayerTree } from "./tree.ts";

/** A file whose bytes are those of a file of a lower layer. */
export interface LowerFile {
  readonly path: string;
  /** Where the bytes are: the path in the lower layer, and which layer that is (0 is the lowest). */
  readonly lowerPath: string;
  readonly layer: number;
}

export interface IntakeOptions {
  readonly writer: SnapshotWriter | undefined;
  readonly parentDirectories: readonly (string | undefined)[];
}

/**
 * Takes in the members of a layer's archive (SPEC LT-08): later members replace earlier ones, directories merge, whiteouts hide what
 * is below. Names are resolved inside the root, link targets are kept as they are (DESIGN decision 10).
 */
export class LayerIntake implements TarSink {
  readonly needsLower: LowerFile[] = [];
  readonly #parent: LayerTree;
  readonly #draft: LayerDraft;
  readonly #options: IntakeOptions;
  #body: FileBody | undefined;

  constructor(parent: LayerTree, options: IntakeOptions) {
    this.#parent = parent;
    this.#draft = new LayerDraft(parent, options.writer);
    this.#options = options;
  }

  get dependsOnParent(): boolean {
    return this.#draft.dependsOnParent;
  }

  begin(member: TarEntry): void {
    const name = layerName(cleanName(member.name));
    switch (name.kind) {
      case "reserved":
        return;
      case "opaque":
        return this.#draft.putOpaque(name.path);
      case "whiteout":
        return this.#draft.putWhiteout(this.#draft.place(name.path));
      case "entry":
        return this.#beginEntry(member, name.path);
      default:
        name satisfies never;
    }
  }

  data(chunk: Buffer, isHole: boolean): void {
    this.#body?.push(chunk, isHole);
  }

  end(): void {
    this.#body?.end();
    this.#body = undefined;
  }

  /** Completes the snapshot and gives the entries in path order. */
  finish(): Entry[] {
    const entries = [...this.#draft.entries()];
    const { writer } = this.#options;
    if (!writer) return entries;
    for (const entry of entries) if (entry.type === "whiteout") writer.writeOther(entry);
    for (const entry of entries.toReversed()) if (entry.type === "dir") writer.settleDirectory(entry);
    if (entries[0]?.path !== "") writer.settleDirectory(BARE_ROOT);
    return entries;
  }

  abandon(): void {
    this.#body?.abandon();
  }

  #beginEntry(member: TarEntry, name: string): void {
    if (member.type === "dir")
      return this.#draft.putDirectory(this.#draft.place(name), inodeOf(member, "dir"));
    if (name === "") throw invalidTar("its root is no directory");
    const path = this.#draft.place(name);
    if (member.type === "hardlink") return this.#link(path, cleanName(member.linkName));
    const inode = inodeOf(member, member.type);
    if (inode.type === "symlink" && !inode.linkTarget)
      throw invalidTar(`"${printableName(name)}" is a link to nothing`);
    this.#draft.put(path, inode);
    if (inode.type === "file") this.#body = new FileBody(path, inode, this.#options.writer);
    else this.#options.writer?.writeOther({ path, ...inode });
  }

  /** Links in the last component of the target are not followed: a name of a link is what is asked for. */
  #link(path: string, targetName: string): void {
    const target = resolvePath(this.#draft, targetName, { followLast: false }).path;
    const existing = this.#draft.inodeAt(target);
    if (existing && existing.type !== "whiteout" && path === target) return;
    const found = existing ?? this.#draft.lookup(target);
    if (!found || found.type === "whiteout") throw badLink(path, targetName, "which is not there");
    if (found.type === "dir") throw badLink(path, targetName, "which is a directory");
    if (target.startsWith(`${path}/`)) throw badLink(path, targetName, "which it replaces");
    if (!existing) return this.#copyLower(path, target, found);
    this.#draft.put(path, existing);
    if (existing.type === "file") this.#options.writer?.link(target, { ...existing, path });
    else this.#options.writer?.writeOther({ ...existing, path });
  }

  /** A layer cannot share a file with the one below it, so it gets its own. */
  #copyLower(path: string, lowerPath: string, found: Inode): void {
    const { path: _, hardLink: __, ...inode } = found as Entry;
    const entry = { path, ...inode };
    this.#draft.put(path, inode);
    const { writer } = this.#options;
    if (inode.type !== "file") {
      writer?.writeOther(entry);
      return;
    }
    const layer = this.#parent.layerOf(lowerPath)!;
    this.needsLower.push({ path, lowerPath, layer });
    const directory = this.#options.parentDirectories[layer];
    if (writer && directory === undefined) throw notUnpacked(path, layer);
    writer?.copyFile(`${directory}/${lowerPath}`, entry);
  }
}

function inodeOf(member: TarEntry, type: Exclude<TarEntry["type"], "hardlink">): Inode {
  const { mode, uid, gid, size, mtime, mtimeNs } = member;
  const xattrs = Object.entries(member.xattrs).filter(([name]) => isKept(name));
  return {
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    mtimeNs,
    ...(type === "symlink" ? { linkTarget: member.linkName } : {}),
    ...(type === "char" || type === "block" ? { devMajor: member.devMajor, devMinor: member.devMinor } : {}),
    ...(xattrs.length > 0 ? { xattrs: Object.fromEntries(xattrs) } : {}),
  };
}

/** overlayfs takes its own attributes for orders, such as to show another directory in place of this one: an archive must not give any. */
function isKept(name: string): boolean {
  return name === "security.capability" || (name.startsWith("user.") && !name.startsWith("user.overlay."));
}

function badLink(path: string, target: string, why: string): SlipwayError<"LAYER_INVALID"> {
  return invalidTar(`"${printableName(path)}" is a hard link to "${printableName(target)}", ${why}`, {
    path,
  });
}

function notUnpacked(path: string, layer: number): SlipwayError<"SNAPSHOT_FAILED"> {
  return new SlipwayError(
    "SNAPSHOT_FAILED",
    `"${printableName(path)}" is a hard link into layer ${layer} below, which is not unpacked`,
    { facts: { path, layer } },
  );
}
