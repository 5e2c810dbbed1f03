import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, isDigest } from "../core/digest.ts";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import { readFileIfThere, writeFileAtomically } from "./atomic-file.ts";
import type { BlobStore } from "./blob-store.ts";
import { layoutIndex } from "./layout-index.ts";
import type { Locks } from "./lock.ts";
import { withRoom } from "./make-room.ts";
import type { StorePaths } from "./paths.ts";
import type { TempArea } from "./temp-area.ts";

/** What `images.json` holds: names, and the images that can be found by id. */
interface Registered {
  /** Full name → what it points to: a manifest or an index. */
  readonly names: Readonly<Record<string, Descriptor>>;
  /** Config digest → manifest. */
  readonly ids: Readonly<Record<string, Descriptor>>;
}

const EMPTY: Registered = { names: {}, ids: {} };
const SHORTEST_ID = 4;

export interface NamedImage {
  readonly name: string;
  readonly descriptor: Descriptor;
}

interface Parts {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  readonly locks: Locks;
  readonly temp: TempArea;
  /** See `StoreOptions`. */
  readonly beforeWrite: () => Promise<void>;
  /** Frees what it can where the disk is full. */
  readonly makeRoom: () => void;
}

/**
 * Names and ids of images. Unlike the index this is no cache: it is one file, replaced atomically under a lock, so that
 * several processes can tag at once and a kill leaves the old or the new state. `oci/index.json` follows it.
 * Throws `STORE_UNUSABLE` where the file is damaged, `DISK_FULL`, `PERMISSION_DENIED`.
 */
export class ImageNames {
  readonly #paths: StorePaths;
  readonly #blobs: BlobStore;
  readonly #locks: Locks;
  readonly #temp: TempArea;
  readonly #beforeWrite: () => Promise<void>;
  readonly #makeRoom: () => void;
  /** Ids added since the last write of this process; they are written together with the next name. */
  readonly #pending = new Map<Digest, Descriptor>();
  /** `BlobStore.changes` when this process last wrote `oci/index.json`. */
  #writtenAt = 0;

  constructor({ paths, blobs, locks, temp, beforeWrite, makeRoom }: Parts) {
    this.#makeRoom = makeRoom;
    this.#paths = paths;
    this.#blobs = blobs;
    this.#locks = locks;
    this.#temp = temp;
    this.#beforeWrite = beforeWrite;
  }

  /** What a full name points to. With a digest in it, any image here that has this digest: the name then adds nothing. */
  find(name: string): Descriptor | undefined {
    const { names } = this.#read();
    if (Object.hasOwn(names, name)) return names[name];
    const digest = name.includes("@") ? name.slice(name.lastIndexOf("@") + 1) : undefined;
    return digest === undefined ? undefined : this.known().find((descriptor) => descriptor.digest === digest);
  }

  /** The image with this config digest, or a prefix of its hex digits. Throws `IMAGE_NOT_FOUND` where several begin so. */
  findById(id: string): Descriptor | undefined {
    const prefix = id.replace(/^sha256:/, "").toLowerCase();
    if (prefix.length < SHORTEST_ID) return undefined;
    const { ids, names } = this.#read();
    const known = new Map<string, Descriptor>([...Object.entries(ids), ...this.#pending]);
    for (const descriptor of Object.values(names))
      if (!known.has(descriptor.digest)) known.set(descriptor.digest, descriptor);
    const matches = [...known].filter(([digest]) => digest.startsWith(`sha256:${prefix}`));
    const different = new Set(matches.map(([, descriptor]) => descriptor.digest));
    if (different.size > 1)
      throw new SlipwayError("IMAGE_NOT_FOUND", `several images have an id that begins with ${prefix}`, {
        hint: "give more digits",
      });
    return matches[0]?.[1];
  }

  list(): readonly NamedImage[] {
    return Object.entries(this.#read().names).map(([name, descriptor]) => ({ name, descriptor }));
  }

  /** Every manifest that is known by id, named or not. */
  known(): readonly Descriptor[] {
    const { ids, names } = this.#read();
    return [...Object.values(ids), ...Object.values(names), ...this.#pending.values()];
  }

  /** Makes an image findable by its config digest; written with the next name, at the latest when the store is closed. */
  add(id: Digest, manifest: Descriptor): void {
    const { ids } = this.#read();
    if (ids[id]?.digest !== manifest.digest) this.#pending.set(id, manifest);
  }

  /** Points a full name to an image. */
  async tag(name: string, descriptor: Descriptor): Promise<void> {
    // A name that is right already needs no lock: nothing is written.
    if (this.#pending.size === 0 && sameDescriptor(this.#read().names[name], descriptor)) return;
    await this.#change((now) => {
      if (sameDescriptor(now.names[name], descriptor)) return now;
      return { ...now, names: { ...now.names, [name]: plain(descriptor) } };
    });
  }

  /** Forgets a name; false where there was none. */
  async untag(name: string): Promise<boolean> {
    let known = false;
    await this.#change((now) => {
      known = Object.hasOwn(now.names, name);
      const { [name]: _, ...names } = now.names;
      return known ? { ...now, names } : now;
    });
    return known;
  }

  /** Forgets an id. Its documents stay until they are collected. */
  async remove(id: Digest): Promise<void> {
    this.#pending.delete(id);
    await this.#change((now) => {
      const { [id]: _, ...ids } = now.ids;
      return Object.hasOwn(now.ids, id) ? { ...now, ids } : now;
    });
  }

  /** Forgets every id whose manifest `isGone`. For garbage collection. */
  async forget(isGone: (manifest: Descriptor) => boolean): Promise<void> {
    for (const [id, manifest] of this.#pending) if (isGone(manifest)) this.#pending.delete(id);
    await this.#change((now) => {
      const kept = Object.entries(now.ids).filter(([, manifest]) => !isGone(manifest));
      return kept.length === Object.keys(now.ids).length ? now : { ...now, ids: Object.fromEntries(kept) };
    });
  }

  /** Writes what `add` has collected, and `oci/index.json` where blobs that came or went may have changed it. */
  async flush(): Promise<void> {
    if (this.#pending.size > 0) await this.#change((now) => now);
    else if (this.#blobs.changes !== this.#writtenAt && this.list().length > 0)
      await this.#locks.withLock("images", () => this.#writeLayoutIndex(this.#read()));
  }

  async #change(change: (now: Registered) => Registered): Promise<void> {
    await this.#beforeWrite();
    await this.#locks.withLock("images", async () => {
      const before = this.#read();
      const changed = change(before);
      const ids = {
        ...changed.ids,
        ...Object.fromEntries([...this.#pending].map(([id, d]) => [id, plain(d)])),
      };
      if (changed === before && this.#pending.size === 0) return;
      const after: Registered = { names: changed.names, ids };
      this.#write(this.#paths.images, JSON.stringify(after));
      this.#pending.clear();
      await this.#writeLayoutIndex(after);
    });
  }

  async #writeLayoutIndex({ names }: Registered): Promise<void> {
    const { changes } = this.#blobs;
    const named = Object.entries(names).map(([name, descriptor]) => ({ name, descriptor }));
    const text = await layoutIndex(named, this.#blobs);
    if (readFileIfThere(this.#paths.ociIndex)?.toString("utf8") !== text)
      this.#write(this.#paths.ociIndex, text);
    this.#writtenAt = changes;
  }

  #write(path: string, text: string): void {
    const write = () => writeFileAtomically(path, text, this.#temp.file("images"));
    try {
      withRoom(write, this.#makeRoom);
    } catch (error) {
      throw describeSystemError(error, `writing ${path}`);
    }
  }

  #read(): Registered {
    const bytes = readFileIfThere(this.#paths.images);
    if (!bytes) return EMPTY;
    try {
      const { names, ids } = JSON.parse(bytes.toString("utf8")) as Registered;
      if (isTable(names) && isTable(ids)) return { names, ids };
    } catch (error) {
      throw damaged(this.#paths.images, error);
    }
    throw damaged(this.#paths.images);
  }
}

function isTable(value: unknown): value is Readonly<Record<string, Descriptor>> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((d) => isDigest((d as Descriptor | null)?.digest))
  );
}

function damaged(path: string, cause?: unknown): SlipwayError {
  return new SlipwayError("STORE_UNUSABLE", `${path} is damaged`, {
    hint: "move it away: images can be pulled or built again, and nothing else is lost",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Only what identifies the content: annotations belong to where the descriptor came from. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function sameDescriptor(a: Descriptor | undefined, b: Descriptor): boolean {
  return a?.digest === b.digest && a.mediaType === b.mediaType && a.size === b.size;
}
