import type { StageSize } from "../core/events.ts";
import type { Chain, ChainLayer } from "../execute/chain.ts";
import type { BuildPlan } from "../plan/graph.ts";
import type { Store } from "../store/store.ts";

/** Sizes of the stages that were built, for the table at the end (bytes of files, before compression). */
export async function stageSizes(
  plan: BuildPlan,
  at: {
    readonly store: Store;
    /** The platform, where the build has several. */
    readonly label: string;
    readonly chainOf: (stage: number) => Promise<Chain>;
    /** The layers of the image: a hardened one has others than its stage. */
    readonly target: Chain;
  },
): Promise<StageSize[]> {
  const { store, label, chainOf, target } = at;
  return Promise.all(
    plan.stages.map(async (stage): Promise<StageSize> => {
      const chain = await chainOf(stage.index);
      const isTarget = stage.index === plan.target;
      const own = chain.layers.slice(chain.layers.length - stage.steps.length);
      return {
        index: stage.index,
        ...(stage.name === undefined ? {} : { name: stage.name }),
        ...(label === "" ? {} : { platform: label }),
        base: stage.baseText,
        layers: stage.steps.length,
        own: sum(own, store),
        total: sum(isTarget ? target.layers : chain.layers, store),
        isTarget,
      };
    }),
  );
}

/** A base layer that was never opened counts with its compressed size: all that is known of it. */
function sum(layers: readonly ChainLayer[], store: Store): number {
  return layers.reduce((total, layer) => {
    const info = layer.info ?? store.layers.get(layer.stack) ?? store.layers.get(layer.diffId);
    return total + (info?.fileBytes ?? layer.blob?.size ?? 0);
  }, 0);
}
