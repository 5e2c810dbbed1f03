export type { LayerInfo } from "../core/layer-info.ts";
