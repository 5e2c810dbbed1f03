import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { makeFolders } from "../sys/make-folders.ts";
import { readFileIfThere } from "./atomic-file.ts";
import { bootId } from "./owner.ts";

/** Counted up when the shape of the file changes. */
const VERSION = 1;
const MOST_FILES = 256;
/** A value of more bytes is read from the index: its copies would take more memory than the index takes time. */
const LARGEST_BYTES = 8 * 1024 * 1024;

interface Kept {
  readonly version: number;
  /** A file that an earlier boot wrote may be torn: it was never flushed. */
  readonly boot: string;
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * What one kind of work read from the index the last time, in a file of its own: work that has nothing new to do then needs
 * no database, which takes longer to load than all the rest. Values are copies of what the index held, so whoever replaces or
 * removes a value in the index that somebody may have a copy of calls `forgetAll`.
 */
export class Recall {
  readonly #folder: string;
  readonly #temporaryFile: () => string;
  #file: string | undefined;
  #values = new Map<string, unknown>();
  readonly #asked = new Set<string>();
  #isNew = false;

  constructor(folder: string, temporaryFile: () => string) {
    this.#folder = folder;
    this.#temporaryFile = temporaryFile;
  }

  /** Begins: from now on reads are answered from what was kept under this name, and noted. Later names do nothing. */
  begin(name: string): void {
    if (this.#file !== undefined) return;
    this.#file = join(this.#folder, createHash("sha256").update(name).digest("hex").slice(0, 32));
    const bytes = readFileIfThere(this.#file);
    this.#values = bytes ? decode(bytes) : new Map();
  }

  /** Whether `save` would write. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** The value as it was kept; undefined where there is none. */
  get(id: string): unknown {
    const value = this.#values.get(id);
    if (value !== undefined) this.#asked.add(id);
    return value;
  }

  /** Notes what the index answered, or was given. */
  note(id: string, value: unknown): void {
    if (this.#file === undefined || value === undefined) return;
    if (value instanceof Uint8Array && value.length > LARGEST_BYTES) return this.#forget(id);
    this.#values.set(id, value);
    this.#asked.add(id);
    this.#isNew = true;
  }

  #forget(id: string): void {
    if (this.#values.delete(id)) this.#isNew = true;
    this.#asked.delete(id);
  }

  /** Drops every copy, of this process and on the disk. */
  forgetAll(): void {
    this.#values.clear();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Keeps what was asked for, where it is not what was kept before; `latest` reads the index. Best effort. */
  save(latest: (id: string) => unknown): void {
    if (!this.#file || !this.#isNew) return;
    const values = new Map<string, unknown>();
    for (const id of this.#asked) {
      const value = latest(id);
      if (value !== undefined) values.set(id, value);
    }
    try {
      makeFolders(this.#folder, 0o700);
      this.#dropOldest();
      const temporary = this.#temporaryFile();
      writeKept(temporary, { version: VERSION, boot: bootId(), values });
      renameSync(temporary, this.#file);
    } catch {
      // It only saves time.
    }
  }

  #dropOldest(): void {
    const names = readdirSync(this.#folder);
    if (names.length > MOST_FILES)
      for (const name of names) rmSync(join(this.#folder, name), { force: true });
  }
}

function writeKept(file: string, kept: Kept): void {
  const body = serialize(kept);
  const fd = openSync(file, "wx", 0o600);
  try {
    writeFileSync(fd, createHash("sha256").update(body).digest());
    writeFileSync(fd, body);
  } finally {
    closeSync(fd);
  }
}

function decode(bytes: Buffer): Map<string, unknown> {
  const body = bytes.subarray(32);
  const isWhole = createHash("sha256").update(body).digest().equals(bytes.subarray(0, 32));
  if (!isWhole) return new Map();
  const { version, boot, values } = deserialize(body) as Kept;
  return version === VERSION && boot === bootId() ? new Map(values) : new Map();
}
