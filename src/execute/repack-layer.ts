import { isSlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { ChangeList } from "../layer/change.ts";
import { storedSize } from "../layer/tar-writer.ts";
import { Toc } from "../layer/toc.ts";
import type { ChainLayer } from "./chain.ts";
import type { LayerAccess } from "./layer-access.ts";
import { draftArchive, type LayerTarget, packAndStore, storeDraft } from "./layer-commit.ts";

export interface Repacking {
  /** A layer that was made here. */
  readonly layer: ChainLayer;
  /** An entry as the new layer has it. Path, type, size and digest stay; names of one inode have to be changed alike. */
  readonly change: (entry: Entry) => Entry;
}

export interface RepackingPlace {
  readonly access: LayerAccess;
  readonly target: LayerTarget;
  readonly signal: AbortSignal;
}

/**
 * Makes a layer with the files of another and other metadata, kept in the form that the other has: a snapshot, or an archive. Every byte is
 * checked against the table of contents on the way. Throws what making a layer throws; a layer whose only copy is damaged is forgotten.
 */
export async function repackLayer(work: Repacking, at: RepackingPlace): Promise<LayerInfo> {
  const { store } = at.target;
  const toc = Toc.open(store.layers.toc(work.layer.diffId));
  return (await fromArchive(work, toc, at)) ?? fromSnapshot(work, toc, at);
}

/** Undefined where the layer has no archive. A damaged one is dealt with where it is unpacked. */
async function fromArchive(
  { layer, change }: Repacking,
  toc: Toc,
  { target, signal }: RepackingPlace,
): Promise<LayerInfo | undefined> {
  const { store } = target;
  const archive = store.layers.archive(layer.diffId);
  if (!archive || store.layers.snapshot(layer.diffId)) return undefined;
  const changes = changedEntries(toc, change, () => "");
  try {
    return await storeDraft(
      await draftArchive(changes, store, signal, { file: archive.path, toc: toc.bytes }),
    );
  } catch (error) {
    if (!isSlipwayError(error, "DIGEST_MISMATCH")) throw error;
    return undefined;
  }
}

async function fromSnapshot(
  { layer, change }: Repacking,
  toc: Toc,
  { access, target, signal }: RepackingPlace,
): Promise<LayerInfo> {
  const tree = await access.tree("layer", { identity: null, layers: [layer], baseLayers: 0 });
  const [first] = filesOf(toc);
  if (first) await tree.prepare([first.path]);
  return packAndStore(
    changedEntries(toc, change, (path) => tree.locate(path)),
    target,
    signal,
  );
}

function* filesOf(toc: Toc): Generator<Entry> {
  for (const entry of toc.entries()) if (storedSize(entry) > 0) yield entry;
}

function changedEntries(
  toc: Toc,
  change: (entry: Entry) => Entry,
  locate: (path: string) => string,
): ChangeList {
  return {
    length: toc.count,
    *[Symbol.iterator]() {
      for (const entry of toc.entries())
        yield {
          entry: change(entry),
          bytes: storedSize(entry) > 0 ? { kind: "path", path: locate(entry.path) } : { kind: "none" },
        };
    },
  };
}
