import { SlipwayError } from "../../core/errors.ts";
import type { Entry } from "../../core/file-tree.ts";
import type { ByteSource } from "../../layer/change.ts";
import { resolvePath } from "../../layer/resolve.ts";
import { type ChangeSet, childPath, type NewDirectory, parentPath } from "./change-set.ts";
import type { DeferredFile } from "./change-table.ts";
import type { ModeChange } from "./chmod.ts";
import type { Owner } from "./owner.ts";
import type { SelectedSource } from "./select.ts";

/** Where a COPY or ADD puts things, and what it forces on them. */
export interface Placement {
  /** Relative to the root, cleaned; the root is `""`. */
  readonly destination: string;
  readonly destinationIsDirectory: boolean;
  /** `--chown`; undefined keeps the source's owner. */
  readonly owner: Owner | undefined;
  readonly mode: ModeChange | undefined;
  /** The bytes of a source entry. */
  readonly bytes: (entry: Entry) => ByteSource | DeferredFile;
  /** The source's entry with what was learnt of it since it was selected. */
  readonly read?: (entry: Entry) => Entry;
  /** Identity of the inode behind a source file, where it has several names (SPEC CP-10). */
  readonly linkIdentity?: (entry: Entry) => string | undefined;
}

/** Puts one selected source into the layer (SPEC CP-02 to CP-08; appendix A.5). */
export function placeSource(target: ChangeSet, source: SelectedSource, at: Placement): void {
  if (source.root.type === "dir") placeDirectory(target, source, at);
  else placeFile(target, source, at);
}

function placeDirectory(target: ChangeSet, source: SelectedSource, at: Placement): void {
  const destination = resolveDestination(target, at.destination);
  const existing = target.lookup(destination);
  if (existing && existing.type !== "dir") throw conflict(`cannot copy to non-directory: /${destination}`);
  if (!existing && isNothing(source) && !at.destinationIsDirectory)
    return makeDirectories(target, parentPath(destination), at, source.root);
  if (!existing && destination !== "") makeDirectories(target, destination, at, source.root);
  else if (existing && destination !== "")
    target.put({ ...existing, mtime: source.root.mtime, mtimeNs: source.root.mtimeNs }, { kind: "none" });
  for (const { relative, entry } of source.entries)
    placeEntry(target, childPath(destination, relative), entry, at);
}

function isNothing({ onlyMatches, entries }: SelectedSource): boolean {
  return onlyMatches === true && entries[Symbol.iterator]().next().done === true;
}

function placeFile(target: ChangeSet, source: SelectedSource, at: Placement): void {
  const destination = resolveDestination(target, at.destination);
  const existing = target.lookup(destination);
  const intoDirectory = at.destinationIsDirectory || existing?.type === "dir" || destination === "";
  if (intoDirectory) {
    if (existing && existing.type !== "dir") throw conflict(`cannot copy to non-directory: /${destination}`);
    makeDirectories(target, destination, at, source.root);
  } else makeDirectories(target, parentPath(destination), at, source.root);
  placeEntry(target, intoDirectory ? childPath(destination, source.name) : destination, source.root, at);
}

/** Copies one entry to exactly `path`; its parent is there already. */
export function placeEntry(target: ChangeSet, path: string, source: Entry, at: Placement): void {
  const existing = target.lookup(path);
  if (source.type === "dir" && existing && existing.type !== "dir")
    throw conflict(`cannot copy to non-directory: /${path}`);
  if (source.type !== "dir" && existing?.type === "dir")
    throw conflict(`cannot replace to directory /${path} with file`);
  const entry = withForced(at.read?.(source) ?? source, path, at);
  const identity = source.type === "file" ? at.linkIdentity?.(source) : undefined;
  const bytes = source.type === "file" && source.size > 0 ? at.bytes(source) : emptyBytes(source);
  if (identity === undefined) target.put(entry, bytes);
  else target.putLinked(entry, bytes, identity);
}

/** Directories that the step invents take the source's time, so that the same inputs give the same layer. */
export function makeDirectories(target: ChangeSet, path: string, at: Placement, like: Entry): void {
  requireRoomFor(target, path);
  const meta: NewDirectory = {
    // As mkdir(2) takes it: without set-user-ID, set-group-ID and the sticky bit.
    mode: (at.mode?.octal ?? 0o755) & 0o777,
    owner: at.owner,
    mtime: like.mtime,
    mtimeNs: like.mtimeNs,
  };
  target.makeDirectories(path, meta);
}

/** Throws COPY_CONFLICT where the path, or the nearest thing above it that is there, is no directory. */
export function requireRoomFor(target: ChangeSet, path: string): void {
  let up = path;
  while (up !== "" && !target.lookup(up)) up = parentPath(up);
  const blocking = up === "" ? undefined : target.lookup(up);
  if (blocking && blocking.type !== "dir")
    throw conflict(`cannot create directory /${path}: /${up} is not a directory`);
}

/** Follows links of the destination inside the root, the last component included (SPEC CP-02). */
function resolveDestination(target: ChangeSet, destination: string): string {
  return resolvePath(target, destination, { followLast: true }).path;
}

function withForced(source: Entry, path: string, at: Placement): Entry {
  const mode =
    at.mode && source.type !== "symlink" ? at.mode.apply(source.mode, source.type === "dir") : source.mode;
  const { uid, gid } = at.owner ?? source;
  const forced = { ...source, path, mode, uid, gid };
  if (source.hardLink === undefined && !source.opaque) return forced;
  const { hardLink: _, opaque: __, ...plain } = forced;
  return plain;
}

function emptyBytes(source: Entry): ByteSource {
  return source.type === "file" ? { kind: "bytes", bytes: new Uint8Array(0) } : { kind: "none" };
}

function conflict(message: string): SlipwayError {
  return new SlipwayError("COPY_CONFLICT", message, {
    hint: "remove or rename one of the two, or choose another destination",
  });
}
