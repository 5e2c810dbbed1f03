import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Compression } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { BlobStore } from "./blob-store.ts";
import { ImageNames } from "./image-names.ts";
import { Index, type Table } from "./index-database.ts";
import { LayerStore } from "./layer-store.ts";
import { type LockOptions, Locks } from "./lock.ts";
import { LockRecords } from "./lock-records.ts";
import { currentOwner } from "./owner.ts";
import { StorePaths } from "./paths.ts";
import { prepareHome } from "./prepare-home.ts";
import { TempArea } from "./temp-area.ts";

/** Bytes by key, in the index. */
export interface ByteTable {
  get(key: string): Buffer | undefined;
  put(key: string, value: Uint8Array): void;
}

/** A compressed form that a layer was given once: nothing is compressed twice. */
export interface LayerForm {
  readonly compression: Exclude<Compression, "none"> | "estargz";
  /** Compressor and level, as the caller names them. */
  readonly settings: string;
  readonly digest: Digest;
  readonly size: number;
  /** What the form holds, where that is not the layer's own archive (eStargz adds a file). */
  readonly diffId?: Digest;
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
  /** Cache records by key; inputs of the last run of each step by slot; stat indexes by context. */
  readonly records: ByteTable;
  readonly last: ByteTable;
  readonly stats: { load(key: string): Uint8Array | undefined; save(key: string, bytes: Uint8Array): void };
  readonly #index: Index;
  readonly #scope = new CleanupScope();

  constructor(home: string) {
    this.paths = new StorePaths(home);
    const owner = currentOwner();
    this.temp = new TempArea(this.paths, owner);
    prepareHome(this.paths, this.temp);
    this.#index = new Index(this.paths.index, () => this.temp.file("marker"));
    this.locks = new Locks(this.paths.locks, () => new LockRecords(this.#index, owner));
    this.blobs = new BlobStore(this.paths, this.temp, this.locks);
    this.layers = new LayerStore(this.paths, this.temp);
    this.images = new ImageNames({
      paths: this.paths,
      blobs: this.blobs,
      locks: this.locks,
      temp: this.temp,
    });
    this.records = this.#textTable("records");
    this.last = this.#textTable("last");
    this.stats = {
      load: (key) => this.#index.get<Buffer>("stats", key),
      save: (key, bytes) => this.#index.put("stats", key, Buffer.from(bytes)),
    };
    this.#scope.defer(() => this.temp.close());
    this.#scope.defer(() => this.#index.close());
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
    this.#index.update<readonly LayerForm[]>("forms", diffId, (forms = []) => [
      ...forms.filter((known) => known.compression !== form.compression || known.settings !== form.settings),
      form,
    ]);
  }

  /** Repositories (full names without tag) that are known to have a blob, the latest first. */
  sources(digest: Digest): readonly string[] {
    return this.#index.get<readonly string[]>("sources", digest) ?? [];
  }

  addSource(digest: Digest, repository: string): void {
    this.#index.update<readonly string[]>("sources", digest, (known = []) =>
      known[0] === repository
        ? known
        : [repository, ...known.filter((name) => name !== repository)].slice(0, 8),
    );
  }

  /** Forgets every cache record (`system prune --all`). */
  forgetRecords(): number {
    const keys = this.#index.entries("records").map(({ key }) => key);
    for (const key of keys) this.#index.remove("records", key);
    return keys.length;
  }

  recordKeys(): readonly { readonly key: string; readonly value: Buffer }[] {
    return this.#index
      .entries<string>("records")
      .map(({ key, value }) => ({ key, value: Buffer.from(value) }));
  }

  removeRecord(key: string): void {
    this.#index.remove("records", key);
  }

  async close(): Promise<void> {
    await this.#scope.close();
  }

  #textTable(table: Table): ByteTable {
    return {
      get: (key) => {
        const text = this.#index.get<string>(table, key);
        return text === undefined ? undefined : Buffer.from(text);
      },
      put: (key, value) => this.#index.put(table, key, Buffer.from(value).toString("utf8")),
    };
  }
}

/** Opens the store in `home`, making what is missing. */
export async function openStore(home: string): Promise<Store> {
  return new Store(home);
}
