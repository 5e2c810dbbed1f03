import type { LayerInfo } from "../core/layer-info.ts";

/** What comes out when a layer has been made, captured or read. */
export interface PackedLayer {
  readonly info: LayerInfo;
  /** The encoded table of contents (`Toc.open`). */
  readonly toc: Buffer;
}
