import type { Digest } from "../core/digest.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import type { Registry } from "../registry/client.ts";
import type { Store } from "../store/store.ts";
import type { BuiltImage } from "./assemble.ts";
import type { Exportable } from "./exportable.ts";
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

export interface ExportResult {
  /** The digests that were pushed, by name. */
  readonly pushed: Readonly<Record<string, Digest>>;
  /** Full names that the image was given, in the store or in archives. */
  readonly names: readonly string[];
  /** What left last as an image, or was kept: its digests are those that others see. */
  readonly image?: Exportable;
}

export interface ExportRequest {
  readonly outputs: readonly OutputSpec[];
  /** Full names: the tags of the build. They take the place of the outputs' own. */
  readonly names: readonly string[];
  /** The result is an index, also where it has one platform only (SPEC SG-14, MF-03). */
  readonly isIndex: boolean;
  readonly builds: readonly ExportedBuild[];
  readonly content: LayerContent;
  readonly store: Store;
  /** The client of registries; those hosts may be spoken to without certificates, whatever its configuration says. */
  readonly registry: (insecureHosts: readonly string[]) => Promise<Registry>;
  readonly warn: (message: string) => void;
  readonly step: <T>(id: string, name: string, work: () => Promise<T>) => Promise<T>;
  readonly cwd: string;
  readonly stdout?: NodeJS.WritableStream;
  readonly signal?: AbortSignal;
}
