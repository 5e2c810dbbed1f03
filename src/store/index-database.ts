import { createHash } from "node:crypto";
import { closeSync, existsSync, fdatasyncSync, openSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { Database, RootDatabase } from "lmdb";
import { SlipwayError } from "../core/errors.ts";
import { CrashMarker } from "./crash-marker.ts";
import { hasSpaceFor, indexDiskFull } from "./free-space.ts";
import {
  allocateLockFile,
  INDEX_READERS,
  LOCK_FILE,
  makeIndexPrivate,
  setAsideIfDamaged,
} from "./index-files.ts";
import { IndexTurn } from "./index-turn.ts";

/** What the index holds, each table with string keys. All of it can be lost: it costs time, not images. */
export type Table = "records" | "last" | "inputs" | "forms" | "sources" | "used" | "locks" | "stats";

/** LMDB takes up to 1,978 bytes. */
const LONGEST_KEY = 1000;
/** A package that is not there, or is for another machine. */
const UNLOADABLE: readonly unknown[] = ["MODULE_NOT_FOUND", "ERR_DLOPEN_FAILED"];
const MAP_BYTES = 1024 ** 3;
const DISK_FULL: readonly unknown[] = [28, 122, "ENOSPC", "EDQUOT"];
const REFUSED: readonly unknown[] = [1, 13, 30, "EPERM", "EACCES", "EROFS"];

/**
 * The LMDB database beside the blobs. Loaded and opened at first use. Every call is one transaction, atomic between
 * processes, and committed when it returns; what another process writes is seen a moment later (`update` sees it at once). Throws `STORE_UNUSABLE`, `DISK_FULL`, `PERMISSION_DENIED`.
 */
export class Index {
  readonly #path: string;
  readonly #marker: CrashMarker;
  readonly #turn: IndexTurn;
  readonly #temporaryFile: () => string;
  readonly #makeRoom: () => void;
  readonly #tables = new Map<Table, Database<unknown, string>>();
  #root: RootDatabase | undefined;

  /** `temporaryFile` gives a new path on the same file system; `makeRoom` frees what it can where the disk is full. */
  constructor(path: string, temporaryFile: () => string, makeRoom: () => void = () => {}) {
    this.#path = path;
    this.#makeRoom = makeRoom;
    this.#temporaryFile = temporaryFile;
    this.#marker = new CrashMarker(path, temporaryFile);
    this.#turn = new IndexTurn(path);
  }

  get<T>(table: Table, key: string): T | undefined {
    return this.#guard(() => this.#readable(table)?.get(shortKey(key)) as T | undefined);
  }

  /** The same, as it is at this very moment: `get` may be a moment behind what other processes write. */
  latest<T>(table: Table, key: string): T | undefined {
    return this.#guard(() => {
      const database = this.#readable(table);
      this.#root?.resetReadTxn();
      return database?.get(shortKey(key)) as T | undefined;
    });
  }

  put(table: Table, key: string, value: unknown): void {
    this.#write(() => this.#table(table).putSync(shortKey(key), value), sizeOf(value));
  }

  remove(table: Table, key: string): boolean {
    return this.#write(() => this.#table(table).removeSync(shortKey(key)));
  }

  /** Reads and replaces a value in one transaction; `change` may return undefined to remove it. Returns the new value. */
  update<T>(table: Table, key: string, change: (value: T | undefined) => T | undefined): T | undefined {
    return this.#write(() => {
      const database = this.#table(table);
      return database.transactionSync(() => {
        const value = change(database.get(shortKey(key)) as T | undefined);
        if (value === undefined) database.removeSync(shortKey(key));
        else database.putSync(shortKey(key), value);
        return value;
      });
    });
  }

  /** All keys and values of a table. */
  entries<T>(table: Table): readonly { readonly key: string; readonly value: T }[] {
    return this.#guard(() =>
      Array.from(this.#readable(table)?.getRange() ?? [], ({ key, value }) => ({ key, value: value as T })),
    );
  }

  /** Forgets everything, which takes no space; other processes that have the index open go on with the old one. */
  async discard(): Promise<void> {
    await this.close();
    removeIndex(this.#path);
  }

  async close(): Promise<void> {
    const root = this.#root;
    this.#root = undefined;
    this.#tables.clear();
    // The promise only says what is done when the call returns: nothing here writes in the background.
    if (root) await this.#turn.take(() => root.close());
    this.#marker.end(() => flush(this.#path));
    this.#turn.close();
  }

  /** A table to read from. On a full disk nothing can be made to read from: undefined where it is not there, as if it were empty. */
  #readable(name: Table): Database<unknown, string> | undefined {
    if (this.#tables.has(name) || hasSpaceFor(this.#path, LOCK_FILE)) return this.#table(name);
    if (!this.#root && !(existsSync(this.#path) && existsSync(`${this.#path}-lock`))) return undefined;
    return this.#openTable(name, false);
  }

  #table(name: Table): Database<unknown, string> {
    return this.#tables.get(name) ?? this.#openTable(name, true)!;
  }

  /** Undefined where the table is not there and is not to be made. */
  #openTable(name: Table, create: boolean): Database<unknown, string> | undefined {
    const encoding = name === "stats" || name === "inputs" ? "binary" : "json";
    // The types know neither `create` nor what is returned without it.
    const options = { encoding, create } as { encoding: typeof encoding };
    const table = this.#turn.take(() => this.#open().openDB<unknown, string>(name, options)) as
      | Database<unknown, string>
      | undefined;
    if (table) this.#tables.set(name, table);
    return table;
  }

  #open(): RootDatabase {
    this.#root ??= this.#openFile();
    return this.#root;
  }

  #openFile(): RootDatabase {
    this.#marker.recoverIfSuspect(() => removeIndex(this.#path));
    setAsideIfDamaged(this.#path);
    allocateLockFile(this.#path, this.#temporaryFile);
    makeIndexPrivate(this.#path);
    return openDatabase(this.#path);
  }

  #write<T>(action: () => T, bytes = 0): T {
    return this.#guard(() => {
      this.#requireSpace(bytes);
      return this.#turn.take(() => {
        this.#open();
        this.#marker.begin();
        return action();
      });
    });
  }

  #requireSpace(bytes: number): void {
    const needed = this.#root ? bytes : bytes + LOCK_FILE;
    if (hasSpaceFor(this.#path, needed)) return;
    this.#makeRoom();
    if (!hasSpaceFor(this.#path, needed)) throw indexDiskFull(this.#path);
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw describeIndexError(error, this.#path);
    }
  }
}

function openDatabase(path: string): RootDatabase {
  // The CommonJS form loads in half the time, and at the moment of need.
  const { open } = createRequire(import.meta.url)("lmdb") as typeof import("lmdb");
  return open({
    path,
    noSubdir: true,
    // Address space, not memory: an index this large need not be mapped anew while other processes write to it.
    mapSize: MAP_BYTES,
    maxDbs: 16,
    maxReaders: INDEX_READERS,
    // See CrashMarker; elsewhere there is no boot id to tell a crash by, so LMDB has to flush.
    noSync: process.platform === "linux",
  });
}

function removeIndex(path: string): void {
  for (const file of [path, `${path}-lock`]) rmSync(file, { force: true });
}

function flush(path: string): void {
  const fd = openSync(path, "r");
  try {
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Bytes that a value takes, roughly. */
function sizeOf(value: unknown): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 4096;
}

function shortKey(key: string): string {
  return key.length <= LONGEST_KEY / 3 ? key : `#${createHash("sha256").update(key).digest("hex")}`;
}

/** A failure of LMDB, or of loading it, as an error for people: `DISK_FULL`, `PERMISSION_DENIED` or `STORE_UNUSABLE`. */
export function describeIndexError(error: unknown, path: string): unknown {
  if (error instanceof SlipwayError) return error;
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  if (UNLOADABLE.includes(code) || /No native build/.test(String(message)))
    return new SlipwayError(
      "STORE_UNUSABLE",
      `the package lmdb cannot be loaded: ${String(message).split("\n")[0]}`,
      {
        cause: error,
        hint: "install slipway again: nothing is wrong with the store",
      },
    );
  if (DISK_FULL.includes(code) || /ENOSPC|No space left/.test(String(message)))
    return indexDiskFull(path, error);
  if (REFUSED.includes(code) || /EACCES|EROFS|Permission denied|Read-only/.test(String(message)))
    return new SlipwayError("PERMISSION_DENIED", `no permission to use ${path}: ${message}`, {
      cause: error,
      hint: "check the owner and mode of that path, or set SLIPWAY_HOME to a folder you own",
    });
  return new SlipwayError("STORE_UNUSABLE", `the index ${path} cannot be used: ${message}`, {
    cause: error,
    hint: `it is only a cache: end all slipway processes and remove ${path}*`,
  });
}
