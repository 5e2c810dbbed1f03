import { createHmac, randomBytes } from "node:crypto";
import type { Digest } from "../core/digest.ts";
import type { KnownSecret } from "./known-secret.ts";

/** Where notes are kept: the store, in short. */
export interface NoteStore {
  readonly last: { get(key: string): Buffer | undefined; put(key: string, value: Uint8Array): void };
}

const KEY = "clean/key";

/**
 * Notes that a layer was searched for a set of secrets and has none of them, so that it is not read again. What is kept is a code of 8
 * bytes, made with a key that the store has drawn at random: no secret can be told from it, and too short to confirm a guess with.
 */
export class CleanNotes {
  readonly #store: NoteStore;
  readonly #secrets: readonly KnownSecret[];
  #mark: string | undefined;

  constructor(store: NoteStore, secrets: readonly KnownSecret[]) {
    this.#store = store;
    this.#secrets = secrets;
  }

  has(layer: Digest): boolean {
    return this.#store.last.get(this.#name(layer)) !== undefined;
  }

  add(layer: Digest): void {
    this.#store.last.put(this.#name(layer), Buffer.from("1"));
  }

  /** What was searched counts, not the names it goes by; a new way to search needs a new version. */
  #name(layer: Digest): string {
    this.#mark ??= this.#code();
    return `clean/2/${this.#mark}/${layer}`;
  }

  #code(): string {
    const mac = createHmac("sha256", this.#key());
    const values = this.#secrets.map(({ value }) => Buffer.from(value)).sort(Buffer.compare);
    for (const value of values) mac.update(`${value.length}:`).update(value);
    return mac.digest("hex").slice(0, 16);
  }

  #key(): Buffer {
    const known = this.#store.last.get(KEY)?.toString();
    if (known) return Buffer.from(known, "hex");
    const key = randomBytes(32);
    this.#store.last.put(KEY, Buffer.from(key.toString("hex")));
    return key;
  }
}
