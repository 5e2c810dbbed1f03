import { randomUUID } from "node:crypto";
import { statSync, utimesSync } from "node:fs";
import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Compression } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { readFileIfThere, writeFileAtomically } from "./atomic-file.ts";
import { BlobStore } from "./blob-store.ts";
import { ImageNames } from "./image-names.ts";
import { Index } from "./index-database.ts";
import { LayerStore } from "./layer-store.ts";
import { type LockOptions, Locks } from "./lock.ts";
import { LockRecords } from "./lock-records.ts";
import { isDiskFull, makeRoom, withRoom } from "./make-room.ts";
import { currentOwner } from "./owner.ts";
import { dropPartials } from "./partial-folder.ts";
import { StorePaths } from "./paths.ts";
import { prepareHome } from "./prepare-home.ts";
import { Recall } from "./recall.ts";
import { TempArea } from "./temp-area.ts";

/** What a sweep of the temporary area gave back. */
export interface Freed {
  readonly removed: number;
  readonly bytes: number;
}

type RecalledTable = "records" | "last" | "stats" | "sources";

const RECALL_LOCK = "recall";

/** Bytes by key, in the index. */
export interface ByteTable {
  get(key: string): Buffer | undefined;
  put(key: string, value: Uint8Array): void;
}

export interface StoreOptions {
  /**
   * Awaited before anything is written that garbage collection could take for rubbish: whoever only reads needs no lock for it.
   * Blobs and names call it themselves; who stores layers does so before the work that makes them.
   */
  readonly beforeWrite?: () => Promise<void>;
}

/** A form that a layer was given once: nothing is compressed twice. */
export interface LayerForm {
  readonly compression: Compression | "estargz";
  /** Compressor and level, as the caller names them. */
  readonly settings: string;
  readonly digest: Digest;
  readonly size: number;
  /** What the form holds, where that is not the layer's own archive (eStargz adds a file). */
  readonly diffId?: Digest;
  /** Its latest time, in seconds, where times were set back; the next one takes its place. */
  readonly epoch?: number;
  /** For the descriptor. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * The content store (DESIGN, "Where state lives"). Several processes may use one at once; the index opens at its first use, so
 * that commands which only read documents never load it. Throws `STORE_UNUSABLE`, `PERMISSION_DENIED`, `DISK_FULL`.
 */
export class Store {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly images: ImageNames;
  readonly locks: Locks;
  readonly temp: TempArea;
  /** Cache records by key; what is known of the last build by slot; stat indexes by context. */
  readonly records: ByteTable;
  readonly last: ByteTable;
  /** Inputs of the last run of each step by slot. They may be megabytes, and no copies are kept: only a step that runs again is compared with them. */
  readonly inputs: ByteTable;
  readonly stats: { load(key: string): Uint8Array | undefined; save(key: string, bytes: Uint8Array): void };
  readonly #index: Index;
  readonly #recall: Recall;
  readonly #scope = new CleanupScope();

  /** See `StoreOptions`. */
  readonly beforeWrite: () => Promise<void>;

  constructor(home: string, { beforeWrite = async () => {} }: StoreOptions = {}) {
    this.beforeWrite = beforeWrite;
    this.paths = new StorePaths(home);
    const owner = currentOwner();
    this.temp = new TempArea(this.paths, owner);
    prepareHome(this.paths, this.temp);
    const freeSome = () => this.makeRoom();
    this.#index = new Index(this.paths.index, () => this.temp.file("marker"), freeSome);
    this.locks = new Locks(this.paths.locks, () => new LockRecords(this.#index, owner));
    const parts = { paths: this.paths, temp: this.temp, locks: this.locks, beforeWrite };
    this.blobs = new BlobStore(parts);
    this.layers = new LayerStore(this.paths, this.temp);
    this.images = new ImageNames({ ...parts, blobs: this.blobs, makeRoom: freeSome });
    this.#recall = new Recall(this.paths.recall, () => this.temp.file("recall"));
    this.records = this.#textTable("records");
    this.last = this.#textTable("last");
    this.stats = {
      load: (key) => this.#read<Buffer>("stats", key),
      save: (key, bytes) => this.#write("stats", key, asBuffer(bytes)),
    };
    this.inputs = {
      get: (key) => this.#index.get<Buffer>("inputs", key),
      put: (key, value) => ifThereIsSpace(() => this.#index.put("inputs", key, asBuffer(value))),
    };
    this.#scope.defer(() => this.temp.close());
    this.#scope.defer(() => this.temp.settle());
    this.#scope.defer(() => this.#index.close());
    this.#scope.defer(() => this.#saveRecall());
    this.#scope.defer(() => this.images.flush());
  }

  /** Runs `task` while this process alone holds the lock `name`. */
  withLock<T>(name: string, task: () => Promise<T> | T, options: LockOptions = {}): Promise<T> {
    return this.locks.withLock(name, task, options);
  }

  /** Compressed forms of a layer that are known by digest. */
  forms(diffId: Digest): readonly LayerForm[] {
    return this.#index.get<readonly LayerForm[]>("forms", diffId) ?? [];
  }

  addForm(diffId: Digest, form: LayerForm): void {
    const change = (forms: readonly LayerForm[] = []) => [
      ...forms.filter((known) => known.compression !== form.compression || known.settings !== form.settings),
      form,
    ];
    ifThereIsSpace(() => this.#index.update<readonly LayerForm[]>("forms", diffId, change));
  }

  /** Repositories (full names without tag) that are known to have a blob, the latest first. */
  sources(digest: Digest): readonly string[] {
    const id = `sources/${digest}`;
    const copy = this.#recall.get(id) as readonly string[] | undefined;
    if (copy) return copy;
    const known = this.#index.get<readonly string[]>("sources", digest) ?? [];
    this.#recall.note(id, known);
    return known;
  }

  addSource(digest: Digest, repository: string): void {
    let isNew = false;
    this.#index.update<readonly string[]>("sources", digest, (known = []) => {
      isNew = known[0] !== repository;
      return isNew ? [repository, ...known.filter((name) => name !== repository)].slice(0, 8) : known;
    });
    if (isNew) this.#forgetCopies();
  }

  /**
   * From now on records, last inputs and stat indexes are read from a copy where the work of this name read them before, and
   * are kept for the next time when the store is closed. The index is opened only for what is new.
   */
  recall(name: string): void {
    this.#recall.begin(name);
  }

  /** Differs from what it was before when garbage has been collected in between. */
  lastCollection(): string {
    return `${readFileIfThere(this.paths.collected) ?? ""} ${statSync(this.paths.version).mtimeMs}`;
  }

  /** To be called under the lock of a garbage collection, before anything is removed. Works on a full disk. */
  noteCollection(): void {
    const write = () => writeFileAtomically(this.paths.collected, randomUUID(), this.temp.file("collected"));
    try {
      withRoom(write, () => this.makeRoom());
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      // A time takes no space.
      const now = Date.now() / 1000;
      utimesSync(this.paths.version, now, now);
    }
  }

  /** Forgets every cache record (`system prune --all`). On a full disk the whole index goes, which needs no space. */
  async forgetRecords(): Promise<void> {
    try {
      for (const { key } of this.#index.entries("records")) this.#index.remove("records", key);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await this.#index.discard();
    }
    this.#forgetCopies();
  }

  /** Gives up what only saves time, where the disk is full; unfinished downloads first of all. */
  makeRoom(): void {
    makeRoom(this.paths, this.locks);
  }

  /** Removes what processes that have ended left behind, and every download that nobody is going on with. Needs no space. */
  async sweepTemporary(): Promise<Freed> {
    const before = await this.temp.usage();
    const { removed } = await this.temp.sweep();
    const partials = dropPartials(this.paths, this.locks);
    const after = await this.temp.usage();
    return {
      removed: removed.length + partials.length,
      bytes: Math.max(0, before.reclaimable - after.reclaimable),
    };
  }

  recordKeys(): readonly { readonly key: string; readonly value: Buffer }[] {
    return this.#index
      .entries<string>("records")
      .map(({ key, value }) => ({ key, value: Buffer.from(value) }));
  }

  removeRecord(key: string): void {
    ifThereIsSpace(() => this.#index.remove("records", key));
    this.#forgetCopies();
  }

  async close(): Promise<void> {
    await this.#scope.close();
  }

  #textTable(table: RecalledTable): ByteTable {
    return {
      get: (key) => {
        const text = this.#read<string>(table, key);
        return text === undefined ? undefined : Buffer.from(text);
      },
      put: (key, value) => this.#write(table, key, Buffer.from(value).toString("utf8")),
    };
  }

  #read<T>(table: RecalledTable, key: string): T | undefined {
    const id = `${table}/${key}`;
    const copy = this.#recall.get(id);
    if (copy !== undefined) return copy as T;
    const value = this.#index.get<T>(table, key);
    this.#recall.note(id, value);
    return value;
  }

  #write(table: RecalledTable, key: string, value: string | Buffer): void {
    // An old stat index or an old explanation does no harm; an old record would bring back a layer that was built anew.
    const isReplaced = table === "records" && this.#index.latest(table, key) !== undefined;
    const put = () => this.#index.put(table, key, value);
    if (isReplaced) put();
    else ifThereIsSpace(put);
    if (isReplaced) this.#forgetCopies();
    this.#recall.note(`${table}/${key}`, value);
  }

  /** Whoever saves copies at this moment reads the index first, under the same lock. */
  #forgetCopies(): void {
    const release = this.locks.acquireSync(RECALL_LOCK);
    try {
      this.#recall.forgetAll();
    } finally {
      release();
    }
  }

  #saveRecall(): void {
    if (this.#recall.isNew) ifThereIsSpace(() => this.#saveCopies());
  }

  #saveCopies(): void {
    const release = this.locks.tryAcquire(RECALL_LOCK);
    if (!release) return;
    try {
      this.#recall.save((id) => {
        const slash = id.indexOf("/");
        const table = id.slice(0, slash) as RecalledTable;
        // That nothing is known of a layer's origin is an answer, too.
        return this.#index.latest(table, id.slice(slash + 1)) ?? (table === "sources" ? [] : undefined);
      });
    } finally {
      release();
    }
  }
}

/** For what only saves time the next time: work that is done is not lost because this cannot be kept. */
function ifThereIsSpace(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Opens the store in `home`, making what is missing. */
export function openStore(home: string, options: StoreOptions = {}): Store {
  return new Store(home, options);
}
