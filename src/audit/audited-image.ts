import type { Digest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import type { ImageConfig } from "../image/config.ts";
import type { LayerFile } from "../layer/archived-files.ts";
import type { Toc } from "../layer/toc.ts";
import type { LayerTree } from "../layer/tree.ts";
import type { Origin } from "./finding.ts";

/** A layer of the image under audit. */
export interface AuditedLayer {
  readonly index: number;
  readonly diffId: Digest;
  readonly toc: Toc;
  readonly origin: Origin;
}

/** An image, and how its files are read. */
export interface AuditedImage {
  readonly name: string;
  readonly config: ImageConfig;
  /** The lowest first. */
  readonly layers: readonly AuditedLayer[];
  readonly tree: LayerTree;
  /** Files of one layer, by path, each verified. Throws `LAYER_INVALID`. */
  readonly contents: (layer: number, wanted: ReadonlyMap<string, Entry>) => AsyncIterable<LayerFile>;
  /** Milliseconds since the epoch: what certificates and releases are compared with. */
  readonly now: number;
}
