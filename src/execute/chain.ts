import { baseChain, extendChain } from "../cache/inputs.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { LayerInfo } from "../core/layer-info.ts";

/** One layer of a chain. Its table of contents, snapshot and blob are made or fetched only when somebody asks. */
export interface ChainLayer {
  readonly diffId: Digest;
  /** Identity of this layer together with everything below it, over diff IDs (OCI's chain ID in spirit). */
  readonly stack: Digest;
  /** The blob it came in, for a layer of a base image. */
  readonly blob?: Descriptor;
  /** Known for layers made here. */
  readonly info?: LayerInfo;
  /** When it was made, RFC 3339, and by which step; for the history. Known for layers made here. */
  readonly created?: string;
  readonly description?: string;
  /** What its descriptor says of it in a manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Layers stacked from the bottom up, with the identity that cache keys are made of. */
export interface Chain {
  readonly identity: Digest | null;
  readonly layers: readonly ChainLayer[];
  /** How many of the layers, from the bottom, belong to the base image. */
  readonly baseLayers: number;
}

export const EMPTY_CHAIN: Chain = { identity: null, layers: [], baseLayers: 0 };

/** The chain of a base image: diff IDs from its config, blobs from its manifest, in the same order. */
export function imageChain(diffIds: readonly Digest[], blobs: readonly Descriptor[]): Chain {
  let stack: Digest | null = null;
  const layers = diffIds.map((diffId, i): ChainLayer => {
    stack = extendChain(stack, diffId);
    return { diffId, stack, ...(blobs[i] ? { blob: blobs[i] } : {}) };
  });
  return { identity: baseChain(diffIds), layers, baseLayers: layers.length };
}

/** The chain with one more layer that was made here. */
export function stackLayer(
  chain: Chain,
  info: LayerInfo,
  { created, description }: { readonly created: string; readonly description: string },
): Chain {
  const stack = extendChain(chain.layers.at(-1)?.stack ?? null, info.diffId);
  return {
    identity: extendChain(chain.identity, info.contentDigest),
    layers: [...chain.layers, { diffId: info.diffId, stack, info, created, description }],
    baseLayers: chain.baseLayers,
  };
}

/** The chain with other layers in the place of some that were made here; `replacements` are by position. */
export function replaceLayers(chain: Chain, replacements: ReadonlyMap<number, LayerInfo>): Chain {
  if (replacements.size === 0) return chain;
  const base = chain.layers.slice(0, chain.baseLayers);
  const below: Chain = {
    identity: baseChain(base.map(({ diffId }) => diffId)),
    layers: base,
    baseLayers: chain.baseLayers,
  };
  return chain.layers.slice(chain.baseLayers).reduce((rest, { info, created, description }, i) => {
    const layer = replacements.get(chain.baseLayers + i) ?? info!;
    return stackLayer(rest, layer, { created: created!, description: description! });
  }, below);
}
