import { TimeSlices } from "../../context/time-slices.ts";
import type { CleanupScope } from "../../core/cleanup-scope.ts";
import { SlipwayError } from "../../core/errors.ts";
import { printableName } from "../../core/file-name.ts";
import type { Entry } from "../../core/file-tree.ts";
import { readArchiveEntries, type SpooledEntry } from "../../layer/archive-entries.ts";
import type { ByteSource } from "../../layer/change.ts";
import { resolvePath } from "../../layer/resolve.ts";
import { baseName, type ChangeSet, childPath, type NewDirectory, parentPath } from "../copy/change-set.ts";
import { makeDirectories, type Placement, requireRoomFor } from "../copy/place.ts";
import type { SourceTree } from "../source-tree.ts";
import type { ArchiveFile } from "./archive-file.ts";
import { MemberParents } from "./member-parents.ts";

/** Makes a fresh folder, removed when the scope closes. */
export type Spool = (scope: CleanupScope) => Promise<string>;

/** Files that are there already, for links to them. */
export type LowerFiles = Pick<SourceTree, "prepare" | "locate">;

/** What a step lays its sources over, and what it needs to unpack those that are archives. */
export interface Unpacking {
  readonly changes: ChangeSet;
  /** The files below the changes. */
  readonly below: LowerFiles;
  readonly spool: Spool;
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

export interface ArchivePlace {
  readonly at: Placement;
  /** Gives its time to directories that the archive presumes. */
  readonly like: Entry;
}

/**
 * Lays an archive's entries on top of the destination, which is always a directory (SPEC AD-02), and closes the archive. Throws
 * `SOURCE_CHANGED` where it is not the one that was hashed, `LAYER_INVALID`, `COPY_CONFLICT`, `DISK_FULL`, `CANCELLED`.
 */
export async function applyArchive(
  archive: ArchiveFile,
  place: ArchivePlace,
  unpacking: Unpacking,
): Promise<void> {
  try {
    await unpack(archive, place, unpacking);
  } catch (error) {
    throw await archive.explain(error, unpacking.signal);
  } finally {
    await archive.close();
  }
}

async function unpack(
  archive: ArchiveFile,
  { at, like }: ArchivePlace,
  { changes, below, spool, scope, signal }: Unpacking,
): Promise<void> {
  const destination = resolvePath(changes, at.destination, { followLast: true }).path;
  makeDirectories(changes, destination, { ...at, mode: undefined }, like);
  const members = new MemberPlacer({ changes, destination, owner: at.owner, like, below });
  const slices = new TimeSlices(signal);
  const contents = inSlices(archive.contents(signal), slices);
  for await (const item of readArchiveEntries(contents, await spool(scope))) {
    if (item.entry.path !== "") await members.place(item);
    if (slices.isOver) await slices.pause();
  }
}

/** A few bytes may stand for many: others get their turn between the chunks, too. */
async function* inSlices(chunks: AsyncIterable<Uint8Array>, slices: TimeSlices): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    if (slices.isOver) await slices.pause();
  }
}

interface MemberPlacerOptions extends Pick<Placement, "owner"> {
  readonly changes: ChangeSet;
  readonly destination: string;
  readonly like: Entry;
  readonly below: LowerFiles;
}

class MemberPlacer {
  readonly #options: MemberPlacerOptions;
  readonly #parents: MemberParents;

  constructor(options: MemberPlacerOptions) {
    this.#options = options;
    this.#parents = new MemberParents(options.changes, options.destination);
  }

  /** Parents are resolved inside the root, links in them included; the last component never is followed. */
  async place({ entry, file }: SpooledEntry): Promise<void> {
    const { changes, owner } = this.#options;
    const parent = this.#parents.resolve(parentPath(entry.path));
    this.#makeParents(parent);
    const { hardLink, ...plain } = entry;
    const member: Entry = { ...plain, path: childPath(parent, baseName(entry.path)), ...(owner ?? {}) };
    if (hardLink !== undefined) await this.#placeLink(member, hardLink);
    else {
      this.#parents.beforePut(member.path);
      changes.put(member.type === "symlink" ? { ...member, mode: 0o777 } : member, bytesOf(member, file));
    }
  }

  /** As BuildKit makes them: root's whatever `--chown` says, and with a group that is handed down, but not the bit that does it. */
  #makeParents(path: string): void {
    const { changes, like } = this.#options;
    requireRoomFor(changes, path);
    const { mtime, mtimeNs } = like;
    const meta: NewDirectory = { mode: 0o755, hasExactMode: true, owner: undefined, mtime, mtimeNs };
    changes.makeDirectories(path, meta);
  }

  /** A link may be to anything that is at the destination by now, in the archive or not, but a directory. */
  async #placeLink(link: Entry, name: string): Promise<void> {
    const { changes, destination, below } = this.#options;
    const target = resolvePath(changes, childPath(destination, name), { followLast: false }).path;
    const found = changes.lookup(target);
    const isReplaced = target === link.path || target.startsWith(`${link.path}/`);
    if (!found || found.type === "dir" || isReplaced) throw badLink(link, name);
    if (found.type === "file" && found.size > 0 && !changes.isChanged(target)) await below.prepare([target]);
    this.#parents.beforePut(link.path);
    changes.putLink(withMetadataOf(link, found), target, () =>
      bytesOf(found, found.size > 0 ? below.locate(target) : undefined),
    );
  }
}

/** All names of an inode have what the last header says; a symlink keeps its time, and has no mode. */
function withMetadataOf(link: Entry, found: Entry): Entry {
  const { hardLink: _, xattrs: __, ...inode } = found;
  const { path, uid, gid, mode, mtime, mtimeNs, xattrs } = link;
  if (found.type === "symlink") return { ...inode, path, uid, gid };
  return { ...inode, path, uid, gid, mode, mtime, mtimeNs, ...(xattrs ? { xattrs } : {}) };
}

function bytesOf({ type, size }: Entry, file: string | undefined): ByteSource {
  if (type !== "file") return { kind: "none" };
  if (size === 0 || file === undefined) return { kind: "bytes", bytes: new Uint8Array(0) };
  return { kind: "path", path: file };
}

function badLink(link: Entry, name: string): SlipwayError<"LAYER_INVALID"> {
  return new SlipwayError(
    "LAYER_INVALID",
    `the archive's hard link /${printableName(link.path)} is to ${printableName(name)}, which is no file at the destination`,
    { hint: "pack the archive again, with the files that its links name" },
  );
}
