import { auditImage as examine, type ImageAudit } from "../audit/audit-image.ts";
import type { AuditedImage } from "../audit/audited-image.ts";
import { type Step, stepsOf } from "../audit/origins.ts";
import type { Chain } from "../execute/chain.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import type { ImageConfig } from "../image/config.ts";
import { LayerTree } from "../layer/tree.ts";

/** An image, which need have no name yet. */
export interface AuditedParts {
  /** For messages. */
  readonly name: string;
  readonly config: ImageConfig;
  readonly access: LayerAccess;
  readonly chain: Chain;
  /** Its history with the lines of a Dockerfile; default: without them. */
  readonly steps?: readonly Step[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** All findings of an image and the sizes of its layers; a policy is not looked at (`underPolicy`). Throws as `auditImage` does. */
export async function auditLayers(parts: AuditedParts): Promise<ImageAudit> {
  const { name, config, access, chain, now, steps = stepsOf(config) } = parts;
  const layers = (await access.layers(chain)).map(({ toc }, index) => {
    const diffId = config.diffIds[index]!;
    const origin = steps.find((step) => step.origin.layer === index)?.origin ?? { layer: index, diffId };
    return { index, diffId, toc, origin };
  });
  const audited: AuditedImage = {
    name,
    config,
    layers,
    tree: new LayerTree(layers.map(({ toc }) => toc)),
    contents: (layer, wanted) => access.contents(chain, layer, wanted),
    now,
  };
  return examine(audited, steps);
}
