import { createHash, hash } from "node:crypto";
import * as fs from "node:fs";
import { type Digest, finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { comparePaths, fsPath, printableName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ChangeList } from "./change.ts";
import { FIELD, TAR_BLOCK } from "./tar-header.ts";
import { entryHeader, paddingAfter, storedSize } from "./tar-writer.ts";
import { Toc } from "./toc.ts";

const WINDOW_BYTES = 1024 * 1024;
const PAX_FLAG = "x".charCodeAt(0);
const [TYPE_FLAG_AT] = FIELD.type;

/** The archive that an earlier run of a step made: what has not changed since is read from there, one file instead of thousands. */
export interface EarlierArchive {
  readonly file: string;
  /** Its encoded table of contents. */
  readonly toc: Uint8Array;
}

/**
 * Tells for each change, in order, whether its bytes are in the earlier archive under the same path: 1 where they are. Undefined
 * where none are. Only files whose digest is known can be found.
 */
export function findUnchanged(changes: ChangeList, { toc }: EarlierArchive): Uint8Array | undefined {
  const earlier = new EarlierFiles(toc);
  const unchanged = new Uint8Array(changes.length);
  let count = 0;
  let i = -1;
  for (const { entry } of changes) {
    i++;
    if (storedSize(entry) === 0 || entry.digest === undefined) continue;
    const before = earlier.at(entry.path);
    if (before?.digest !== entry.digest || before.size !== entry.size) continue;
    unchanged[i] = 1;
    count++;
  }
  return count === 0 ? undefined : unchanged;
}

/** Reads files out of an earlier archive, in path order. */
export class EarlierArchiveReader {
  readonly #entries: Iterator<Entry>;
  readonly #window: ArchiveWindow;
  /** Where the next entry of the archive begins. */
  #next = 0;
  /** The file that was sought, and where its bytes are. */
  #file: Entry | undefined;
  #at = 0;

  constructor({ file, toc }: EarlierArchive) {
    this.#entries = Toc.open(toc).entries();
    this.#window = new ArchiveWindow(file);
  }

  /** Goes to the file that `findUnchanged` found for `wanted`. */
  seek(wanted: Entry): void {
    for (;;) {
      const { value: entry, done } = this.#entries.next();
      if (done) throw changed(wanted);
      this.#skip(entry);
      if (entry.path !== wanted.path) continue;
      this.#file = wanted;
      return;
    }
  }

  /**
   * Gives the bytes of the file that was sought in pieces, each of which is good until the next, and their digest. Throws
   * `DIGEST_MISMATCH` where they are not what the digest of the file says.
   */
  read(take: (bytes: Buffer) => void): Digest {
    const file = this.#file!;
    const digest = file.size <= WINDOW_BYTES ? this.#readWhole(file, take) : this.#readPieces(file, take);
    if (digest !== file.digest) throw changed(file);
    return digest;
  }

  close(): void {
    this.#window.close();
  }

  #readWhole(file: Entry, take: (bytes: Buffer) => void): Digest {
    const bytes = this.#window.get(this.#at, file.size);
    take(bytes);
    return `sha256:${hash("sha256", bytes, "hex")}`;
  }

  #readPieces(file: Entry, take: (bytes: Buffer) => void): Digest {
    const running = createHash("sha256");
    for (let done = 0; done < file.size; ) {
      const bytes = this.#window.get(this.#at + done, Math.min(file.size - done, WINDOW_BYTES));
      if (bytes.length === 0) throw changed(file);
      running.update(bytes);
      take(bytes);
      done += bytes.length;
    }
    return finishDigest(running);
  }

  /** Steps over an entry; a wrong step shows in the digest. Its header is longer than a block where pax records come first; those of an opaque directory have two. */
  #skip(entry: Entry): void {
    const isPlain = !entry.opaque && this.#window.get(this.#next + TYPE_FLAG_AT, 1)[0] !== PAX_FLAG;
    this.#at = this.#next + (isPlain ? TAR_BLOCK : entryHeader(entry).length);
    const stored = storedSize(entry);
    this.#next = this.#at + stored + paddingAfter(stored).length;
  }
}

/** A file of which a part is in memory. */
class ArchiveWindow {
  readonly #fd: number;
  readonly #bytes = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #at = 0;
  #length = 0;

  constructor(file: string) {
    this.#fd = fs.openSync(fsPath(file), "r");
  }

  /** `length` (at most a window) bytes from `at` on; fewer only at the end of the file. They are good until the next call. */
  get(at: number, length: number): Buffer {
    if (at < this.#at || at + length > this.#at + this.#length) this.#fill(at);
    const from = at - this.#at;
    return this.#bytes.subarray(from, Math.min(from + length, this.#length));
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #fill(at: number): void {
    this.#at = at;
    this.#length = 0;
    while (this.#length < WINDOW_BYTES) {
      const room = WINDOW_BYTES - this.#length;
      const read = fs.readSync(this.#fd, this.#bytes, this.#length, room, at + this.#length);
      if (read === 0) return;
      this.#length += read;
    }
  }
}

/** Entries by path, asked for in path order. */
class EarlierFiles {
  readonly #entries: Iterator<Entry>;
  #next: Entry | undefined;

  constructor(toc: Uint8Array) {
    this.#entries = Toc.open(toc).entries();
    this.#advance();
  }

  at(path: string): Entry | undefined {
    while (this.#next && comparePaths(this.#next.path, path) < 0) this.#advance();
    const found = this.#next?.path === path ? this.#next : undefined;
    return found && storedSize(found) > 0 ? found : undefined;
  }

  #advance(): void {
    const next = this.#entries.next();
    this.#next = next.done ? undefined : next.value;
  }
}

function changed({ path }: Entry): SlipwayError<"DIGEST_MISMATCH"> {
  return new SlipwayError("DIGEST_MISMATCH", `a stored archive was changed at "${printableName(path)}"`);
}
