import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { SnapshotForm } from "../layer/snapshot-form.ts";
import type { Toc } from "../layer/toc.ts";
import { convertToNative } from "../snapshot/native.ts";
import { verifySnapshot } from "../snapshot/verify.ts";
import { bootId } from "../store/owner.ts";
import type { SnapshotInfo } from "../store/snapshots.ts";
import type { Store } from "../store/store.ts";

export interface RepairRequest {
  readonly key: Digest;
  readonly toc: Toc;
  /** Whether the layer can be unpacked once more. */
  readonly hasArchive: boolean;
}

/** Decides which snapshot folders can be used as they are, and brings others into a usable state (DESIGN decision 9). */
export class SnapshotFolders {
  readonly #store: Store;
  readonly #form: SnapshotForm;

  constructor(store: Store, form: SnapshotForm) {
    this.#store = store;
    this.#form = form;
  }

  /** The folder, where it is there, trusted, and in a form that this process can use. */
  usable(key: Digest): string | undefined {
    const snapshot = this.#store.layers.snapshot(key);
    return snapshot && isTrusted(snapshot) && this.#fits(snapshot) ? snapshot.path : undefined;
  }

  /**
   * Under the layer's lock: checks a snapshot that an earlier boot left unsynced, converts a portable one. Undefined where there is
   * none, or where it was damaged and has been dropped: it then has to be unpacked from its archive. Throws `SNAPSHOT_FAILED` where
   * a damaged one was the only copy; the layer is forgotten, so that its step runs again.
   */
  async repair({ key, toc, hasArchive }: RepairRequest): Promise<string | undefined> {
    const snapshot = this.#store.layers.snapshot(key);
    if (!snapshot) return undefined;
    const difference = isTrusted(snapshot) ? undefined : this.#check(snapshot, toc);
    if (difference !== undefined && hasArchive) {
      await this.#store.layers.dropSnapshot(key);
      return undefined;
    }
    if (difference !== undefined)
      return this.forget(
        key,
        `the files of layer ${key} were damaged before the last restart of this machine: ${difference}`,
      );
    if (!isTrusted(snapshot)) this.#store.layers.markSynced(key);
    if (!this.#fits(snapshot)) this.#convert(key, snapshot, toc);
    return snapshot.path;
  }

  /** For a layer whose only copy is damaged: its step has to run again. Throws `SNAPSHOT_FAILED` with this message. */
  async forget(key: Digest, message: string): Promise<never> {
    await this.#store.layers.delete(key);
    throw new SlipwayError("SNAPSHOT_FAILED", message, {
      hint: "the layer has been removed from the store; build or pull again",
    });
  }

  #fits(snapshot: SnapshotInfo): boolean {
    return snapshot.form === "native" || this.#form.kind === "portable";
  }

  #check(snapshot: SnapshotInfo, toc: Toc): string | undefined {
    if (snapshot.form === "portable") return undefined;
    // A user namespace may make no devices, so snapshots written in one have none.
    const isNamespace = this.#form.kind === "native" && this.#form.overlayXattrPrefix === "user.overlay.";
    const expected = [...toc.entries()].filter(
      ({ type }) => !isNamespace || (type !== "char" && type !== "block"),
    );
    return verifySnapshot(expected, snapshot.path, { owners: true, contents: true });
  }

  #convert(key: Digest, { path }: SnapshotInfo, toc: Toc): void {
    if (this.#form.kind !== "native") return;
    convertToNative(toc.entries(), path, this.#form.overlayXattrPrefix);
    this.#store.layers.markNative(key);
  }
}

/** Written in this boot, or known to have reached the disk. */
function isTrusted({ synced, bootId: written }: SnapshotInfo): boolean {
  return synced || written === bootId();
}
