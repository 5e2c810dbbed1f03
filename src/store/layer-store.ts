import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { readFileIfThere } from "./atomic-file.ts";
import { bootId } from "./owner.ts";
import type { StorePaths } from "./paths.ts";
import { removeTree } from "./remove-tree.ts";
import { type SnapshotForm, type SnapshotInfo, Snapshots } from "./snapshots.ts";
import type { TempArea } from "./temp-area.ts";

/** What the caller knows of a layer when it is stored. */
export interface NewLayer extends LayerInfo {
  /** When the layer was made (RFC 3339); absent for layers that were pulled. */
  readonly created?: string;
}

export interface LayerRecord extends NewLayer {
  readonly toc: { readonly digest: Digest; readonly size: number };
}

export interface KeptArchive {
  readonly path: string;
  readonly isOfThisBoot: boolean;
}

const RECORD = "layer.json";
const TOC = "toc";
/** The boot in which it was written follows. */
const ARCHIVE = "archive-";

/**
 * Layers by key: a diff ID, or a chain ID for snapshots of several layers. `layers/<hex>/` holds the record, the table of
 * contents; the snapshot, once somebody needs it; and the archive, where nobody did when it was made: it stays for the next layer of the
 * step, which will have most of it. The record is written last, so a layer that has one is complete.
 */
export class LayerStore {
  readonly #paths: StorePaths;
  readonly #temp: TempArea;
  readonly #snapshots: Snapshots;

  constructor(paths: StorePaths, temp: TempArea) {
    this.#paths = paths;
    this.#temp = temp;
    this.#snapshots = new Snapshots(paths, temp);
  }

  /** The folder of a layer, whether it exists or not. */
  path(key: Digest): string {
    return this.#paths.layer(key);
  }

  /** Undefined where the layer is unknown, or was cut short by a loss of power. */
  get(key: Digest): LayerRecord | undefined {
    const bytes = readFileIfThere(join(this.path(key), RECORD));
    const record = bytes && parseRecord(bytes);
    const toc = record && statSync(join(this.path(key), TOC), { throwIfNoEntry: false });
    return toc?.size === record?.toc.size ? record : undefined;
  }

  /** Whether a layer that was made here can be read: there is no blob that it could be made of again. */
  hasFiles(key: Digest): boolean {
    if (!this.get(key)) return false;
    return this.archive(key) !== undefined || this.snapshot(key) !== undefined;
  }

  /** Stores a layer's record and table of contents. Idempotent; several processes may do it at once. */
  put(key: Digest, layer: NewLayer, toc: Uint8Array): LayerRecord {
    const record: LayerRecord = { ...layer, toc: { digest: digestOf(toc), size: toc.length } };
    try {
      makeFolders(this.path(key), 0o700);
      // A kill leaves files in the temporary area; a loss of power is found by the size and digest that the record holds.
      this.#place(toc, join(this.path(key), TOC));
      this.#place(Buffer.from(JSON.stringify(record)), join(this.path(key), RECORD));
    } catch (error) {
      throw describeSystemError(error, "storing a layer");
    }
    return record;
  }

  /** The table of contents, verified. Throws `BLOB_NOT_FOUND`; `DIGEST_MISMATCH` where it is damaged, and forgets the layer. */
  toc(key: Digest): Buffer {
    const record = this.get(key);
    if (!record)
      throw new SlipwayError("BLOB_NOT_FOUND", `the store has no layer ${key}`, { facts: { digest: key } });
    const bytes = readFileSync(join(this.path(key), TOC));
    if (digestOf(bytes) === record.toc.digest) return bytes;
    renameSync(join(this.path(key), RECORD), this.#temp.file("damaged"));
    throw new SlipwayError("DIGEST_MISMATCH", `the table of contents of layer ${key} is damaged`, {
      hint: "run the command again: the layer will be fetched or built anew",
      facts: { digest: key },
    });
  }

  /**
   * The layer's archive without compression, where it was kept as one file. It is not synced: one of an earlier boot is only what its
   * digest says, which is the diff ID.
   */
  archive(key: Digest): KeptArchive | undefined {
    const path = join(this.path(key), ARCHIVE + bootId());
    if (existsSync(path)) return { path, isOfThisBoot: true };
    const [older] = this.#archives(key);
    return older === undefined ? undefined : { path: join(this.path(key), older), isOfThisBoot: false };
  }

  /** Makes a file of the temporary area the archive of `key`, in the place of any that is there. */
  commitArchive(key: Digest, file: string): void {
    const name = ARCHIVE + bootId();
    try {
      makeFolders(this.path(key), 0o700);
      renameSync(file, join(this.path(key), name));
      for (const older of this.#archives(key))
        if (older !== name) rmSync(join(this.path(key), older), { force: true });
    } catch (error) {
      throw describeSystemError(error, "storing a layer");
    }
  }

  /** Bytes that a layer takes in the forms that it is kept in; one of which only the table of contents is here counts as unpacked. */
  bytes(key: Digest): number {
    const record = this.get(key);
    if (!record) return 0;
    const archive = this.archive(key) ? record.tarSize : 0;
    return archive > 0 && !this.snapshot(key) ? archive : archive + record.fileBytes;
  }

  snapshot(key: Digest): SnapshotInfo | undefined {
    return this.#snapshots.get(key);
  }

  /** See `Snapshots.commit`. */
  commitSnapshot(
    key: Digest,
    directory: string,
    options: { readonly form: SnapshotForm; readonly synced?: boolean },
  ): Promise<SnapshotInfo> {
    return this.#snapshots.commit(key, directory, { synced: false, ...options });
  }

  /** Notes that a snapshot's files have reached the disk, or were checked after a boot that came too early. */
  markSynced(key: Digest): void {
    this.#snapshots.markSynced(key);
  }

  /** See `Snapshots.markNative`. */
  markNative(key: Digest): void {
    this.#snapshots.markNative(key);
  }

  dropSnapshot(key: Digest): Promise<boolean> {
    return this.#snapshots.drop(key);
  }

  /** Removes a layer in all its forms but blobs. For garbage collection. */
  async delete(key: Digest): Promise<void> {
    const trash = this.#temp.file("layer");
    try {
      renameSync(this.path(key), trash);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return;
      throw describeSystemError(error, "removing a layer");
    }
    await removeTree(trash);
  }

  /** Every key for which there is a folder. */
  keys(): readonly Digest[] {
    return readdirSync(this.#paths.layers)
      .map((name) => `sha256:${name}`)
      .filter(isDigest);
  }

  has(key: Digest): boolean {
    return existsSync(join(this.path(key), RECORD));
  }

  #archives(key: Digest): readonly string[] {
    return namesIn(this.path(key)).filter((name) => name.startsWith(ARCHIVE));
  }

  #place(bytes: Uint8Array, path: string): void {
    const temporary = this.#temp.file("file");
    try {
      writeFileSync(temporary, bytes, { flag: "wx", mode: 0o644 });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw describeSystemError(error, "reading the store");
  }
}

function parseRecord(bytes: Buffer): LayerRecord | undefined {
  try {
    const record = JSON.parse(bytes.toString("utf8")) as LayerRecord;
    return isDigest(record.diffId) && isDigest(record.toc?.digest) ? record : undefined;
  } catch {
    // Cut short by a loss of power: as good as absent.
    return undefined;
  }
}
