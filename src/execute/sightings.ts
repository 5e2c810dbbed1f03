import { deserialize, serialize } from "node:v8";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import type { Store } from "../store/store.ts";
import type { SourceTree } from "./source-tree.ts";

interface Kept {
  readonly sighting: Uint8Array;
  /** Cache keys by the digest of what asked for them: a question may have a secret in it. */
  readonly keys: ReadonlyMap<string, Digest>;
}

/**
 * Cache keys of the last build of a slot that followed from the build context alone. Where everything that it looked at there has
 * the stat that it had, the keys are the same, and nothing has to be selected, compared or hashed again.
 */
export class Sightings {
  readonly #stats: Store["stats"];
  readonly #name: string;
  readonly #context: () => Promise<SourceTree>;
  readonly #keys = new Map<string, Digest>();
  #kept: Promise<Kept | undefined> | undefined;
  #isNew = false;

  constructor(store: Store, slot: string, context: () => Promise<SourceTree>) {
    this.#stats = store.stats;
    this.#name = `sighting/${slot}`;
    this.#context = context;
  }

  /** The key that `question` came to, where it would come to it again. */
  async recall(question: string): Promise<Digest | undefined> {
    this.#kept ??= this.#load();
    return (await this.#kept)?.keys.get(digestOf(question));
  }

  /** Notes what a question came to. */
  note(question: string, key: Digest): void {
    this.#keys.set(digestOf(question), key);
    this.#isNew = true;
  }

  /** Keeps what is new for the next build. To be called once, when all steps are done. */
  async save(): Promise<void> {
    if (!this.#isNew) return;
    const kept = await this.#kept;
    const sighting = (await this.#context()).sighting?.(kept?.sighting);
    if (!sighting) return;
    const keys = new Map([...[...(kept?.keys ?? [])].filter(([asked]) => isDigest(asked)), ...this.#keys]);
    this.#stats.save(this.#name, serialize({ sighting, keys } satisfies Kept));
  }

  async #load(): Promise<Kept | undefined> {
    const bytes = this.#stats.load(this.#name);
    const kept = bytes && decode(bytes);
    return kept && (await this.#context()).isAsSeen?.(kept.sighting) ? kept : undefined;
  }
}

/** Damaged bytes count as absent. */
function decode(bytes: Uint8Array): Kept | undefined {
  try {
    const { sighting, keys } = deserialize(bytes) as Kept;
    const isSound =
      sighting instanceof Uint8Array && keys instanceof Map && [...keys.values()].every(isDigest);
    return isSound ? { sighting, keys } : undefined;
  } catch {
    return undefined;
  }
}
