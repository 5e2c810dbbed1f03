import { closeSync, ftruncateSync, openSync } from "node:fs";
import { describeSystemError, systemErrorCode } from "../core/errors.ts";
import { fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import { cleanName, leavesRoot } from "./archive-name.ts";
import { writeFull } from "./copy-bytes.ts";
import type { TarEntry } from "./tar-entry.ts";
import { invalidTar } from "./tar-header.ts";
import { TarReader, type TarSink } from "./tar-reader.ts";

export { looksLikeTar } from "./tar-header.ts";

/** One member of an archive that ADD unpacks. */
export interface SpooledEntry {
  /**
   * The member with its name cleaned (no leading slash, no `.` and `..`), not resolved: links may stand on the way. A member
   * named like a whiteout is an ordinary file (SPEC AD-02). `hardLink` is the cleaned name of the earlier member.
   */
  readonly entry: Entry;
  /** Where the bytes are, for a file that has its own. */
  readonly file?: string;
}

/**
 * Reads a foreign archive in its order and puts the bytes of each file into a numbered file of `directory`, so that no name of the
 * archive ever is a path on this machine. The same name may come more than once; the later one counts. The root's own member is left
 * out. Throws `LAYER_INVALID` (a name that leaves the root among others), `DISK_FULL`, and what `archive` throws.
 */
export async function* readArchiveEntries(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
): AsyncIterable<SpooledEntry> {
  const spool = new Spool(directory);
  const reader = new TarReader(spool);
  try {
    for await (const chunk of archive) {
      reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      yield* spool.take();
    }
    reader.finish();
    yield* spool.take();
  } catch (error) {
    if (systemErrorCode(error) === "EFBIG")
      throw invalidTar("it has a file that is too large for this machine");
    throw describeSystemError(error, "unpacking an archive");
  } finally {
    spool.close();
  }
}

class Spool implements TarSink {
  readonly #directory: string;
  #complete: SpooledEntry[] = [];
  #current:
    | { readonly member: TarEntry; readonly file?: string; readonly fd?: number; at: number; written: number }
    | undefined;
  #files = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  begin(member: TarEntry): void {
    if (member.type !== "file") {
      this.#current = { member, at: 0, written: 0 };
      return;
    }
    const file = `${this.#directory}/${this.#files++}`;
    this.#current = { member, file, fd: openSync(fsPath(file), "wx", 0o600), at: 0, written: 0 };
  }

  data(chunk: Buffer): void {
    const current = this.#current!;
    writeFull(current.fd!, chunk, current.at);
    current.at += chunk.length;
    current.written = current.at;
  }

  /** Takes no room here either: a few bytes of an archive can stand for any number of zeros. */
  hole(length: number): void {
    this.#current!.at += length;
  }

  end(): void {
    const { member, file, fd, at, written } = this.#current!;
    if (fd !== undefined && at !== written) ftruncateSync(fd, at);
    this.close();
    const entry = entryOf(member);
    if (entry.path !== "") this.#complete.push({ entry, ...(file === undefined ? {} : { file }) });
  }

  take(): SpooledEntry[] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  close(): void {
    if (this.#current?.fd !== undefined) closeSync(this.#current.fd);
    this.#current = undefined;
  }
}

/** The entry that a member of a foreign archive is; its name is cleaned. Throws `LAYER_INVALID`. */
export function entryOf(member: TarEntry): Entry {
  const { mode, uid, gid, size, mtime, mtimeNs, xattrs, devMajor, devMinor } = member;
  if (leavesRoot(member.name)) throw invalidTar(`invalid entry name "${printableName(member.name)}"`);
  const shape = { path: cleanName(member.name), mode, uid, gid, size, mtime, mtimeNs };
  const withXattrs = Object.keys(xattrs).length > 0 ? { ...shape, xattrs } : shape;
  switch (member.type) {
    case "hardlink":
      return { ...withXattrs, type: "file", hardLink: linkedName(member.linkName) };
    case "symlink":
      return { ...withXattrs, type: "symlink", linkTarget: member.linkName };
    case "char":
    case "block":
      return { ...withXattrs, type: member.type, devMajor, devMinor };
    default:
      return { ...withXattrs, type: member.type };
  }
}

function linkedName(name: string): string {
  if (leavesRoot(name.replace(/^\/+/, "")))
    throw invalidTar(`invalid hardlink target "${printableName(name)}"`);
  return cleanName(name);
}
