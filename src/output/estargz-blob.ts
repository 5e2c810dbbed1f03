import type { Digest } from "../core/digest.ts";
import { type EstargzFacts, estargzCompress } from "../layer/estargz.ts";
import type { BlobInfo } from "../store/blob-store.ts";
import type { Store } from "../store/store.ts";

const DEFAULT_LEVEL = 6;
/** Where readers find the digest of the table of contents; without it they fetch nothing file by file (docs/estargz.md of stargz-snapshotter). */
export const TOC_ANNOTATION = "containerd.io/snapshot/stargz/toc.digest";
const SIZE_ANNOTATION = "io.containers.estargz.uncompressed-size";

export interface EstargzBlob extends BlobInfo {
  readonly diffId: Digest;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What `writeEstargz` does, as a record of its results names it. */
export function estargzSettings(level = DEFAULT_LEVEL): string {
  return `zlib level=${level}`;
}

/** Writes an archive into the store as an eStargz blob (SPEC LT-09, LT-11). */
export async function writeEstargz(
  store: Store,
  archive: AsyncIterable<Uint8Array>,
  {
    level = DEFAULT_LEVEL,
    signal,
  }: { readonly level?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<EstargzBlob> {
  let facts: EstargzFacts | undefined;
  const stream = estargzCompress(archive, level, (found) => {
    facts = found;
  });
  const blob = await store.blobs.write(stream, signal ? { signal } : {});
  const { diffId, tocDigest, uncompressedSize } = facts!;
  const annotations = { [TOC_ANNOTATION]: tocDigest, [SIZE_ANNOTATION]: String(uncompressedSize) };
  return { ...blob, diffId, annotations };
}
