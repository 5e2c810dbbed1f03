import type { ContainerConfig } from "../image/config.ts";

/** The label that an image's contract is kept in: the contract as JSON, in the language of `preflight.yaml`. */
export const CONTRACT_LABEL = "dev.slipway.preflight";

/** The contract of an image as JSON; undefined where it has none. An empty label takes away that of the base. */
export function contractIn({ Labels }: ContainerConfig): string | undefined {
  return Labels?.[CONTRACT_LABEL] || undefined;
}
