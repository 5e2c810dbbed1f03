import type { Digest } from "../core/digest.ts";
import type { IngestResult } from "./ingest-task.ts";
import { READERS } from "./layer-threads.ts";
import type { SnapshotForm } from "./snapshot-form.ts";

export type { IngestResult } from "./ingest-task.ts";

export interface IngestOptions {
  /** The uncompressed archive. */
  readonly archive: AsyncIterable<Uint8Array>;
  /** Tables of contents of the layers below, lowest first; none for a lowest layer. */
  readonly parent?: readonly Uint8Array[];
  /** Snapshots of those layers, in the same order; only needed to unpack a layer with hard links into them. */
  readonly parentDirectories?: readonly (string | undefined)[];
  /** A fresh directory to unpack into in the same pass. After a failure it holds anything. */
  readonly directory?: string;
  /** Default: portable. */
  readonly form?: SnapshotForm;
  readonly expectedDiffId?: Digest;
  readonly signal?: AbortSignal;
}

/**
 * Reads a layer's archive (SPEC LT-08): computes its diff ID and table of contents and unpacks it where asked to. Nothing of it reaches
 * outside `directory`, whatever names and links it has. Throws `LAYER_INVALID`, `DIGEST_MISMATCH`, `DISK_FULL`, `PERMISSION_DENIED`,
 * `SNAPSHOT_FAILED`, `CANCELLED`, and what `archive` throws.
 */
export function ingestLayer(options: IngestOptions): Promise<IngestResult> {
  const { archive, parent = [], parentDirectories = [], directory, form, expectedDiffId, signal } = options;
  return READERS.stream<IngestResult>(
    {
      kind: "ingest",
      parent,
      parentDirectories,
      ...(directory === undefined ? {} : { target: { directory, form: form ?? { kind: "portable" } } }),
      ...(expectedDiffId === undefined ? {} : { expectedDiffId }),
    },
    archive,
    { signal },
  );
}
