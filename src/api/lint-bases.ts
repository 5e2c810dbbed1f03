import { digestOf } from "../core/digest.ts";
import { isSlipwayError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { ImageResolver, ResolvedImage } from "../plan/graph.ts";
import { emptyConfig } from "../plan/stage-state.ts";

/** Base images as the linter asks for them: each once, and what could not be had is remembered. */
export class LintBases implements ImageResolver {
  readonly #resolver: ImageResolver;
  readonly #configs = new Map<string, ContainerConfig>();
  readonly #asked = new Map<string, Promise<ResolvedImage>>();
  readonly #missing = new Set<string>();

  constructor(resolver: ImageResolver) {
    this.#resolver = resolver;
  }

  /** Names, as they were asked for, of images that could not be had. */
  get missing(): ReadonlySet<string> {
    return this.#missing;
  }

  config(reference: string): ContainerConfig | undefined {
    return this.#configs.get(reference);
  }

  resolve(reference: string, platform: Platform): Promise<ResolvedImage> {
    const key = JSON.stringify([reference, platform]);
    const asked = this.#asked.get(key) ?? this.#resolve(reference, platform);
    this.#asked.set(key, asked);
    return asked;
  }

  async #resolve(reference: string, platform: Platform): Promise<ResolvedImage> {
    try {
      const image = await this.#resolver.resolve(reference, platform);
      this.#configs.set(reference, image.config.config);
      return image;
    } catch (error) {
      if (isSlipwayError(error) && !isSlipwayError(error, "USAGE", "CANCELLED", "INTERNAL"))
        this.#missing.add(reference);
      throw error;
    }
  }

  /** The same, with an image of which nothing is known in the place of each that cannot be had. */
  get substituting(): ImageResolver {
    return {
      resolve: (reference, platform) =>
        this.resolve(reference, platform).catch((error: unknown) => {
          if (this.#missing.has(reference)) return unknownImage(reference, platform);
          throw error;
        }),
    };
  }
}

function unknownImage(reference: string, platform: Platform): ResolvedImage {
  const config = { platform, config: emptyConfig(platform.os), history: [], diffIds: [] };
  return { name: reference, reference, platform, manifest: digestOf(""), config };
}
