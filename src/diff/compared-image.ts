import type { Digest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ImageConfig } from "../image/config.ts";
import type { LayerFile } from "../layer/archived-files.ts";
import type { Toc } from "../layer/toc.ts";
import type { LayerTree } from "../layer/tree.ts";

/** The documents of an image: all that is needed where files are not compared. */
export interface ComparedDocuments {
  readonly name: string;
  /** Digest of the config. */
  readonly id: Digest;
  readonly manifest: Digest;
  readonly config: ImageConfig;
  /** Those of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Bytes of each layer, the lowest first. */
  readonly layerSizes: readonly number[];
}

/** The files of an image, by the tables of contents of its layers. */
export interface ComparedFiles {
  readonly tree: LayerTree;
  /** The lowest layer first. */
  readonly tocs: readonly Toc[];
  /** Files of one layer, by path, each verified. Throws `LAYER_INVALID`. */
  readonly contents: (layer: number, wanted: ReadonlyMap<string, Entry>) => AsyncIterable<LayerFile>;
}
