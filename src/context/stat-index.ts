import { type Digest, digestOf, hexOf } from "../core/digest.ts";
import { encodeName } from "../core/file-name.ts";
import { type FileStat, STAMP_BYTES, StatRecords, writeStamp } from "./stat-index-codec.ts";

export type { FileStat } from "./stat-index-codec.ts";

/** Where stat indexes are kept between builds: one value a context root. `save` is atomic; the last of two writers wins. */
export interface StatIndexStorage {
  load(key: string): Uint8Array | undefined;
  save(key: string, bytes: Uint8Array): void;
}

/**
 * Remembers the digests of files that have not changed since they were read, as git's index does. An entry counts only where
 * size, mtime, ctime, inode and mode are the same, and is kept only where the file was already at rest when it was read:
 * a write in the same tick of the clock as the read would leave no trace (git's "racily clean" entries).
 */
export class StatIndex {
  readonly #storage: StatIndexStorage | undefined;
  readonly #key: string;
  readonly #stamp = Buffer.alloc(STAMP_BYTES);
  #records: StatRecords | undefined;
  #changed = false;

  /** `root` is the real path of the context. Nothing is loaded before the first lookup. */
  constructor(storage: StatIndexStorage | undefined, root: string) {
    this.#storage = storage;
    this.#key = `context/${hexOf(digestOf(encodeName(root)))}`;
  }

  /** The digest of the file's bytes, where they cannot have changed since they were hashed. */
  lookup(path: string, stat: FileStat): Digest | undefined {
    writeStamp(stat, this.#stamp);
    const digest = this.#load().use(path, this.#stamp);
    return digest === undefined ? undefined : `sha256:${digest}`;
  }

  /**
   * Notes the digest of a file. `stat` was taken from the open file and was the same before and after its bytes were read;
   * `readAt` (ms since the epoch) is a time not later than that last stat. Files that were not at rest are not noted.
   */
  remember(path: string, digest: Digest, stat: FileStat, readAt: number): void {
    if (!this.#storage) return;
    const records = this.#load();
    if (!isAtRest(stat, readAt)) {
      if (records.delete(path)) this.#changed = true;
      return;
    }
    records.set(path, stat, hexOf(digest));
    this.#changed = true;
  }

  /** Writes the index if it changed. Entries that many saves did not use are dropped. */
  save(): void {
    if (!this.#changed || !this.#storage) return;
    this.#storage.save(this.#key, this.#load().encode(MAX_AGE));
    this.#changed = false;
  }

  #load(): StatRecords {
    this.#records ??= new StatRecords(this.#storage?.load(this.#key));
    return this.#records;
  }
}

/** Saves without use after which an entry goes; a save happens only when some file changed. */
const MAX_AGE = 20;

/** Linux stamps files with the time of the last timer tick, which may be 10 ms old. */
const TICK_MS = 50;

/** File systems that keep whole seconds (or two, as FAT does) show it by zeros behind the second. */
const COARSE_MS = 2500;

/** Whether a write after `readAt` (ms since the epoch), a time before the stat was taken, is sure to give another stat. */
export function isAtRest(stat: FileStat, readAt: number): boolean {
  const slack = stat.ctimeNs % 1_000_000_000n === 0n ? COARSE_MS : TICK_MS;
  return [stat.mtimeNs, stat.ctimeNs].every((ns) => Number(ns / 1_000_000n) < readAt - slack);
}
