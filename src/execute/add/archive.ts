import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { CleanupScope } from "../../core/cleanup-scope.ts";
import { SlipwayError } from "../../core/errors.ts";
import { fsPath, printableName } from "../../core/file-name.ts";
import type { Entry } from "../../core/file-tree.ts";
import { looksLikeTar, readArchiveEntries, type SpooledEntry } from "../../layer/archive-entries.ts";
import { decompressor, detectCompression } from "../../layer/compression.ts";
import { resolvePath } from "../../layer/resolve.ts";
import { baseName, type ChangeSet, childPath, parentPath } from "../copy/change-set.ts";
import { makeDirectories, type Placement } from "../copy/place.ts";

/** Makes a fresh folder, removed when the scope closes. */
export type Spool = (scope: CleanupScope) => Promise<string>;

const HEAD = 1024;

/** Tells whether a file is a tar archive, plain or in a compression that ADD knows; the name does not matter (SPEC AD-01). */
export async function isArchive(file: string): Promise<boolean> {
  const head = readHead(file);
  const compression = detectCompression(head);
  if (!compression) return looksLikeTar(head);
  const source = createReadStream(fsPath(file));
  try {
    return looksLikeTar(await firstBytes(decompressor(compression, source), 512));
  } catch {
    return false;
  } finally {
    source.destroy();
  }
}

export interface ArchiveApplication {
  readonly file: string;
  readonly changes: ChangeSet;
  readonly at: Placement;
  /** Gives its time to directories that the archive presumes. */
  readonly like: Entry;
  readonly spool: Spool;
  readonly scope: CleanupScope;
  readonly signal: AbortSignal;
}

/** Lays an archive's entries on top of the destination, which is always a directory (SPEC AD-02). */
export async function applyArchive({
  file,
  changes,
  at,
  like,
  spool,
  scope,
  signal,
}: ArchiveApplication): Promise<void> {
  const destination = resolvePath(changes, at.destination, { followLast: true }).path;
  const unforced: Placement = { ...at, mode: undefined };
  makeDirectories(changes, destination, unforced, like);
  const compression = detectCompression(readHead(file));
  const source = createReadStream(fsPath(file), { highWaterMark: 1 << 20, signal });
  const archive = compression ? decompressor(compression, source) : source;
  const directory = await spool(scope);
  const placed = new Map<string, PlacedFile>();
  for await (const item of readArchiveEntries(archive, directory))
    placeItem(changes, item, destination, unforced, placed, like);
}

/** Where a member's bytes are, for links to it. */
interface PlacedFile {
  readonly path: string;
  readonly size: number;
}

/** Parents are resolved inside the root, links in them included; the last component never is followed. */
function placeItem(
  changes: ChangeSet,
  item: SpooledEntry,
  destination: string,
  at: Placement,
  placed: Map<string, PlacedFile>,
  like: Entry,
): void {
  const { entry } = item;
  if (entry.path === "") return;
  const parent = resolvePath(changes, childPath(destination, parentPath(entry.path)).replace(/\/$/, ""), {
    followLast: true,
  }).path;
  makeDirectories(changes, parent, { ...at, owner: at.owner }, like);
  const path = childPath(parent, baseName(entry.path));
  const { hardLink, ...plain } = entry;
  const moved: Entry = { ...plain, path, ...(at.owner ?? {}) };
  if (entry.type !== "file") {
    changes.put(moved, { kind: "none" });
    return;
  }
  const first = hardLink ?? entry.path;
  const content = item.file === undefined ? placed.get(first) : { path: item.file, size: entry.size };
  if (content !== undefined) {
    placed.set(entry.path, content);
    // A link's own header says nothing of the size, and it may be the name that the layer has the bytes under.
    const { path: bytes, size } = content;
    changes.putLinked({ ...moved, size }, { kind: "path", path: bytes }, `${destination}\0${first}`);
  } else if (hardLink === undefined) changes.put(moved, { kind: "bytes", bytes: new Uint8Array(0) });
  else placeLinkToNoFile(changes, moved, childPath(destination, hardLink), hardLink);
}

/** A hard link may name a symlink or a device, too; what it names must be there. */
function placeLinkToNoFile(changes: ChangeSet, link: Entry, target: string, name: string): void {
  const found = changes.lookup(target);
  if (!found || found.type === "file" || found.type === "dir")
    throw new SlipwayError(
      "LAYER_INVALID",
      `the archive's hard link /${link.path} is to ${printableName(name)}, which is no earlier member of it`,
      { hint: "pack the archive again, with the files that its links name" },
    );
  changes.put({ ...found, path: link.path }, { kind: "none" });
}

function readHead(file: string): Buffer {
  const fd = openSync(fsPath(file), "r");
  try {
    const head = Buffer.alloc(HEAD);
    return head.subarray(0, readSync(fd, head, 0, HEAD, 0));
  } finally {
    closeSync(fd);
  }
}

async function firstBytes(stream: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    have += chunk.length;
    if (have >= length) break;
  }
  return Buffer.concat(chunks);
}
