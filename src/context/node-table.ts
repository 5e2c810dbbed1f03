import type { Buffer } from "node:buffer";
import type { BigIntStats } from "node:fs";
import type { Entry, EntryType } from "../core/file-tree.ts";
import { PathTable } from "../core/path-table.ts";
import { RecordPages } from "../core/record-pages.ts";
import { fileStatOf } from "./hash-file.ts";
import { type FileStat, readModeAndSize, readStamp, STAMP_BYTES, writeStamp } from "./stat-index-codec.ts";

/** What is at one path. */
export interface DiskNode {
  readonly type: EntryType;
  readonly entry: Entry;
  /** As it was when the path was looked at. */
  readonly stat: FileStat;
  /** A socket: shown as an empty regular file, whose bytes must not be looked for (SPEC CP-10). */
  readonly isSocket: boolean;
  /** Identity of the inode of a file that has several names on the disk (SPEC CP-10). */
  readonly inode: string | undefined;
}

/** What only few nodes have. */
export interface RareFacts extends Pick<Entry, "linkTarget" | "devMajor" | "devMinor" | "xattrs"> {
  readonly isSocket?: true;
  readonly inode?: string;
}

const TYPES: readonly EntryType[] = ["file", "dir", "symlink", "char", "block", "fifo"];
const NO_FACTS: RareFacts = Object.freeze({});

/** A record: what is known of the path, type, stamp, seconds and nanoseconds of the time. */
const AT = { state: 0, type: 1, stamp: 2, seconds: 2 + STAMP_BYTES, nanoseconds: 10 + STAMP_BYTES } as const;
const RECORD_BYTES = 14 + STAMP_BYTES;
const STATE = { unknown: 0, absent: 1, present: 2 } as const;

/** What was found at paths of a folder. A hundred thousand of them take 10 MB, a tenth of what they would take as objects. */
export class NodeTable {
  readonly paths = new PathTable();
  readonly #records = new RecordPages(RECORD_BYTES);
  readonly #rare = new Map<number, RareFacts>();

  /** Undefined for a path that was not looked at, null where nothing was there. */
  get(path: string): DiskNode | null | undefined {
    return this.#at(this.paths.indexOf(path), path);
  }

  setAbsent(path: string): void {
    const index = this.paths.add(path);
    this.#records.page(index)[this.#records.offset(index)] = STATE.absent;
  }

  set(path: string, type: EntryType, stats: BigIntStats, rare: RareFacts = NO_FACTS): DiskNode {
    const index = this.paths.add(path);
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    page[at + AT.state] = STATE.present;
    page[at + AT.type] = TYPES.indexOf(type);
    writeStamp(fileStatOf(stats), page, at + AT.stamp);
    const seconds = stats.mtimeNs / 1_000_000_000n - (stats.mtimeNs % 1_000_000_000n < 0n ? 1n : 0n);
    page.writeDoubleLE(Number(seconds), at + AT.seconds);
    page.writeUInt32LE(Number(stats.mtimeNs - seconds * 1_000_000_000n), at + AT.nanoseconds);
    if (rare === NO_FACTS) this.#rare.delete(index);
    else this.#rare.set(index, rare);
    return new StoredNode(path, page, at, rare);
  }

  /** Every path that was looked at, with the stat of what was there. */
  *seen(): Generator<readonly [path: string, stat: FileStat | undefined]> {
    for (let index = 0; index < this.paths.size; index++) {
      const path = this.paths.pathAt(index);
      const node = this.#at(index, path);
      if (node !== undefined) yield [path, node?.stat];
    }
  }

  #at(index: number, path: string): DiskNode | null | undefined {
    if (index < 0) return undefined;
    const page = this.#records.page(index);
    const at = this.#records.offset(index);
    const state = page[at + AT.state];
    if (state !== STATE.present) return state === STATE.absent ? null : undefined;
    const rare = this.#rare.size > 0 ? this.#rare.get(index) : undefined;
    return new StoredNode(path, page, at, rare ?? NO_FACTS);
  }
}

class StoredNode implements DiskNode {
  readonly #path: string;
  readonly #page: Buffer;
  readonly #at: number;
  readonly #rare: RareFacts;

  constructor(path: string, page: Buffer, at: number, rare: RareFacts) {
    this.#path = path;
    this.#page = page;
    this.#at = at;
    this.#rare = rare;
  }

  get type(): EntryType {
    return TYPES[this.#page[this.#at + AT.type]!]!;
  }

  get isSocket(): boolean {
    return this.#rare.isSocket === true;
  }

  get inode(): string | undefined {
    return this.#rare.inode;
  }

  get stat(): FileStat {
    return readStamp(this.#page, this.#at + AT.stamp);
  }

  get entry(): Entry {
    const { type } = this;
    const { mode, size } = readModeAndSize(this.#page, this.#at + AT.stamp);
    const { isSocket, inode: _, ...rare } = this.#rare;
    const common = {
      path: this.#path,
      type,
      mode: mode & 0o7777,
      uid: 0,
      gid: 0,
      size: type === "file" && !isSocket ? size : 0,
      mtime: this.#page.readDoubleLE(this.#at + AT.seconds),
      mtimeNs: this.#page.readUInt32LE(this.#at + AT.nanoseconds),
    };
    return this.#rare === NO_FACTS ? common : { ...common, ...rare };
  }
}
