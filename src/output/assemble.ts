import { type Descriptor, MEDIA } from "../core/descriptor.ts";
import { digestOf } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { Chain } from "../execute/chain.ts";
import type { HistoryItem, ImageConfig } from "../image/config.ts";
import { encodeImageConfig } from "../image/encode-config.ts";
import { clampTimes, composeHistory, createdFromHistory } from "../image/history.ts";
import { encodeManifest } from "../image/manifest.ts";
import { configType, convertDescriptor } from "../image/media-family.ts";
import type { StagePlan } from "../plan/graph.ts";

/** A finished image of one platform: its documents, and the chain that holds its layers. */
export interface BuiltImage {
  readonly platform: Platform;
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
  readonly configDescriptor: Descriptor;
  readonly manifestBytes: Buffer;
  readonly manifest: Descriptor;
  readonly chain: Chain;
}

export interface AssembleRequest {
  readonly stage: StagePlan;
  readonly chain: Chain;
  /** History of the image that the stage's chain began with. */
  readonly baseHistory: readonly HistoryItem[];
  /** Items of this build's stages from the base up, the target's last. */
  readonly ownHistory: readonly HistoryItem[];
  readonly platform: Platform;
  readonly author: string | undefined;
  /** SOURCE_DATE_EPOCH in seconds (SPEC EP-06). */
  readonly epoch: number | undefined;
}

/**
 * Puts config and manifest together. Layers made here appear uncompressed, under their diff ID: they are compressed when they
 * leave (DESIGN decision 2). Base layers keep their blobs.
 */
export function assembleImage(request: AssembleRequest): BuiltImage {
  const { stage, chain, baseHistory, ownHistory, platform, author, epoch } = request;
  const layers = chain.layers.map((layer) => (layer.created ? { created: layer.created } : {}));
  const history = composeHistory({ base: baseHistory, own: ownHistory.map(withoutStep), layers });
  const created = createdFromHistory(history);
  const timed: ImageConfig = {
    platform,
    config: stage.config,
    history,
    diffIds: chain.layers.map((layer) => layer.diffId),
    ...(author === undefined ? {} : { author }),
    ...(created === undefined ? {} : { created }),
  };
  const config = epoch === undefined ? timed : clampTimes(timed, epoch, baseHistory.length);
  return documentsOf(config, chain);
}

/** Config and manifest bytes of an image whose config is final. */
export function documentsOf(config: ImageConfig, chain: Chain): BuiltImage {
  const configBytes = encodeImageConfig(config);
  const configDescriptor: Descriptor = {
    mediaType: configType("oci"),
    digest: digestOf(configBytes),
    size: configBytes.length,
  };
  const { bytes, descriptor } = encodeManifest({
    family: "oci",
    config: configDescriptor,
    layers: chain.layers.map((layer) =>
      layer.blob
        ? convertDescriptor(layer.blob, "oci")
        : { mediaType: MEDIA.ociLayer, digest: layer.diffId, size: layer.info?.tarSize ?? 0 },
    ),
  });
  return {
    platform: config.platform,
    config,
    configBytes,
    configDescriptor,
    manifestBytes: bytes,
    manifest: descriptor,
    chain,
  };
}

function withoutStep(item: HistoryItem & { readonly stepId?: string }): HistoryItem {
  const { stepId: _, ...plain } = item;
  return plain;
}
