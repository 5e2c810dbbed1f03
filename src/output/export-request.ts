import type { Descriptor } from "../core/descriptor.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import type { Registry } from "../registry/client.ts";
import type { Store } from "../store/store.ts";
import type { BuiltImage } from "./assemble.ts";
import type { LayerContent } from "./layer-content.ts";
import type { OutputSpec } from "./output-spec.ts";

/** One platform's result, as exporters see it. */
export interface ExportedBuild {
  readonly image: BuiltImage;
  /** The files, opened at first use. */
  readonly tree: () => Promise<ChainTree>;
  readonly epoch: number | undefined;
  /** Layers that belong to the base and are never rewritten. */
  readonly baseLayers: number;
}

export interface ExportRequest {
  readonly outputs: readonly OutputSpec[];
  /** Full names. */
  readonly names: readonly string[];
  readonly root: Descriptor;
  readonly builds: readonly ExportedBuild[];
  readonly content: LayerContent;
  readonly store: Store;
  readonly registry: () => Promise<Registry>;
  readonly step: <T>(id: string, name: string, work: () => Promise<T>) => Promise<T>;
  readonly cwd: string;
  readonly stdout?: NodeJS.WritableStream;
  readonly signal?: AbortSignal;
}
