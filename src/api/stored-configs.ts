import { existsSync } from "node:fs";
import { isSlipwayError } from "../core/errors.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { Environment } from "./environment.ts";
import { findImage, openImage, withSession } from "./images.ts";

/** The configurations of those images that are in the store, by name. No registry is asked; names that are none, and images that cannot be read, are left out. */
export async function storedConfigs(
  names: readonly string[],
  environment: Environment,
): Promise<ReadonlyMap<string, ContainerConfig>> {
  const configs = new Map<string, ContainerConfig>();
  if (names.length === 0 || !existsSync(environment.home)) return configs;
  await withSession(environment, async (session) => {
    for (const name of new Set(names)) {
      try {
        const image = await openImage(session, findImage(session.store, name));
        configs.set(name, image.config.config);
      } catch (error) {
        if (!isSlipwayError(error)) throw error;
      }
    }
  });
  return configs;
}
