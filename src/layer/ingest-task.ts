import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import { ArchiveHash } from "./archive-hash.ts";
import { LayerIntake, type LowerFile } from "./layer-intake.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { SnapshotForm } from "./snapshot-form.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import { TarReader } from "./tar-reader.ts";
import { Toc } from "./toc.ts";
import { contentDigestOf, encodeToc } from "./toc-writer.ts";
import { LayerTree } from "./tree.ts";

export interface IngestTask {
  readonly kind: "ingest";
  /** Tables of contents of the parent's layers, lowest first. */
  readonly parent: readonly Uint8Array[];
  /** Snapshots of those layers, where they are unpacked. */
  readonly parentDirectories: readonly (string | undefined)[];
  /** A fresh directory to unpack into, and how. */
  readonly target?: { readonly directory: string; readonly form: SnapshotForm };
  readonly expectedDiffId?: Digest;
}

export interface IngestResult extends PackedLayer {
  /**
   * The table of contents is only right on top of this parent: a directory was missing or a link led somewhere else. Such a layer
   * must be kept under the identity of its whole stack.
   */
  readonly dependsOnParent: boolean;
  /** Hard links to files of lower layers: entries of their own here, with a copy of those bytes. */
  readonly needsLower: readonly LowerFile[];
}

/** Reads a layer's archive as it is pushed: diff ID, table of contents and, where a target is given, its files. */
export class IngestRun {
  readonly #task: IngestTask;
  readonly #archive = new ArchiveHash();
  readonly #intake: LayerIntake;
  readonly #reader: TarReader;

  constructor(task: IngestTask) {
    this.#task = task;
    const parent = new LayerTree(task.parent.map((bytes) => Toc.open(bytes)));
    const writer = task.target && new SnapshotWriter(task.target.directory, task.target.form);
    this.#intake = new LayerIntake(parent, { writer, parentDirectories: task.parentDirectories });
    this.#reader = new TarReader(this.#intake);
  }

  push(chunk: Buffer): void {
    this.#archive.update(chunk);
    this.#reader.push(chunk);
  }

  /** Throws `LAYER_INVALID` for an archive that was cut off, `DIGEST_MISMATCH` for one that is not the expected one. */
  finish(): IngestResult {
    this.#reader.finish();
    const tarSize = this.#archive.size;
    const diffId = this.#archive.finish();
    const { expectedDiffId } = this.#task;
    if (expectedDiffId !== undefined && diffId !== expectedDiffId)
      throw new SlipwayError("DIGEST_MISMATCH", `a layer should be ${expectedDiffId} but is ${diffId}`, {
        hint: "pull the image again; if that does not help, the image itself is damaged",
        facts: { expected: expectedDiffId, actual: diffId },
      });
    const entries = this.#intake.finish();
    const toc = encodeToc(entries);
    const { dependsOnParent, needsLower } = this.#intake;
    return { toc, info: { diffId, tarSize, ...summaryOf(entries) }, dependsOnParent, needsLower };
  }

  /** Closes a file that is being written. */
  abandon(): void {
    this.#intake.abandon();
  }
}

/** The counts and the content digest of entries in path order. */
function summaryOf(
  entries: readonly Entry[],
): Pick<PackedLayer["info"], "contentDigest" | "entries" | "fileBytes"> {
  let fileBytes = 0;
  for (const entry of entries) if (entry.hardLink === undefined) fileBytes += entry.size;
  return { contentDigest: contentDigestOf(entries), entries: entries.length, fileBytes };
}
