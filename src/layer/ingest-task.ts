import type { Entry } from "../core/file-tree.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { LayerIntake, type LowerFile } from "./layer-intake.ts";
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
}

export interface IngestedFiles {
  /** The encoded table of contents (`Toc.open`). */
  readonly toc: Buffer;
  readonly summary: Pick<LayerInfo, "contentDigest" | "entries" | "fileBytes">;
  /**
   * The table of contents is only right on top of this parent: a directory was missing or a link led somewhere else. Such a layer
   * must be kept under the identity of its whole stack.
   */
  readonly dependsOnParent: boolean;
  /** Hard links to files of lower layers: entries of their own here, with a copy of those bytes. */
  readonly needsLower: readonly LowerFile[];
}

/** Reads a layer's archive as it is pushed: table of contents and, where a target is given, its files. */
export class IngestRun {
  readonly #intake: LayerIntake;
  readonly #reader: TarReader;

  constructor(task: IngestTask) {
    const parent = new LayerTree(task.parent.map((bytes) => Toc.open(bytes)));
    const writer = task.target && new SnapshotWriter(task.target.directory, task.target.form);
    this.#intake = new LayerIntake(parent, { writer, parentDirectories: task.parentDirectories });
    this.#reader = new TarReader(this.#intake);
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  /** Throws `LAYER_INVALID` for an archive that was cut off. */
  finish(): IngestedFiles {
    this.#reader.finish();
    const entries = this.#intake.finish();
    const { dependsOnParent, needsLower } = this.#intake;
    return { toc: encodeToc(entries), summary: summaryOf(entries), dependsOnParent, needsLower };
  }

  /** Closes a file that is being written. */
  abandon(): void {
    this.#intake.abandon();
  }
}

/** The counts and the content digest of entries in path order. */
function summaryOf(entries: readonly Entry[]): IngestedFiles["summary"] {
  let fileBytes = 0;
  for (const entry of entries) if (entry.hardLink === undefined) fileBytes += entry.size;
  return { contentDigest: contentDigestOf(entries), entries: entries.length, fileBytes };
}
