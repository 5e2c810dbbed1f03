import { isSlipwayError } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import type { Environment } from "./environment.ts";
import { findImage, withSession } from "./images.ts";
import { pull } from "./transfer.ts";

/** The image that an operation looks at. */
interface WantedImage {
  readonly image: string;
  readonly pull?: "always" | "missing" | "never";
  readonly platform?: Platform;
  readonly signal?: AbortSignal;
}

/** Gets an image that is not in the store, or in any case, as `--pull` says. Throws `IMAGE_NOT_FOUND`, `REGISTRY_*`, `CANCELLED`. */
export async function makeAvailable(wanted: WantedImage, environment: Environment): Promise<void> {
  const { image: name, platform, signal } = wanted;
  if (wanted.pull !== "always") {
    try {
      await withSession(environment, async ({ store }) => findImage(store, name));
      return;
    } catch (error) {
      if (!isSlipwayError(error, "IMAGE_NOT_FOUND") || wanted.pull === "never") throw error;
    }
  }
  await pull({ name, ...(platform ? { platform } : {}), ...(signal ? { signal } : {}) }, environment);
}
