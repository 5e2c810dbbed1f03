import { createHash } from "node:crypto";
import { type Digest, finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { IngestedFiles } from "./ingest-task.ts";
import { READERS } from "./layer-threads.ts";
import type { PackedLayer } from "./packed-layer.ts";
import type { SnapshotForm } from "./snapshot-form.ts";

export interface IngestResult extends PackedLayer, Pick<IngestedFiles, "dependsOnParent" | "needsLower"> {}

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
export async function ingestLayer(options: IngestOptions): Promise<IngestResult> {
  const { archive, parent = [], parentDirectories = [], directory, form, expectedDiffId, signal } = options;
  // Hashed here: the thread that writes the files has more to do than this one.
  const hashed = new HashedArchive(archive);
  const { summary, ...read } = await READERS.stream<IngestedFiles>(
    {
      kind: "ingest",
      parent,
      parentDirectories,
      ...(directory === undefined ? {} : { target: { directory, form: form ?? { kind: "portable" } } }),
    },
    hashed,
    { signal },
  );
  const diffId = hashed.digest();
  if (expectedDiffId !== undefined && diffId !== expectedDiffId) throw otherLayer(expectedDiffId, diffId);
  return { ...read, info: { diffId, tarSize: hashed.size, ...summary } };
}

/** Hashes an archive while it is read, once. */
class HashedArchive implements AsyncIterable<Uint8Array> {
  readonly #archive: AsyncIterable<Uint8Array>;
  readonly #hash = createHash("sha256");
  #size = 0;

  constructor(archive: AsyncIterable<Uint8Array>) {
    this.#archive = archive;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  digest(): Digest {
    return finishDigest(this.#hash);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#archive) {
      this.#hash.update(chunk);
      this.#size += chunk.length;
      yield chunk;
    }
  }
}

function otherLayer(expected: Digest, actual: Digest): SlipwayError<"DIGEST_MISMATCH"> {
  return new SlipwayError("DIGEST_MISMATCH", `a layer should be ${expected} but is ${actual}`, {
    hint: "pull the image again; if that does not help, the image itself is damaged",
    facts: { expected, actual },
  });
}
